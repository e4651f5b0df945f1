import { KeySet } from '../../pdata/key-set.ts'
import type { MetricView } from '../../pdata/metric-views.ts'
import type { OrdinaryRecord } from '../../pdata/ordinary-record.ts'
import type { LogRecordView, SpanView } from '../../pdata/views.ts'
import { ItemMatch } from '../../processor-helper/item-match.ts'
import type { ItemMatchConfig } from '../../processor-helper/item-match-config.ts'
import { type FilterConfig, type LogMatchConfig, type MetricMatchConfig, severityNumber } from './config.ts'

const noCriteria: ItemMatchConfig = {
  matchType: 'strict',
  services: [],
  spanNames: [],
  spanKinds: [],
  logBodies: [],
  logSeverityTexts: [],
  logSeverityNumber: undefined,
  metricNames: [],
  attributes: [],
  resources: [],
  libraries: [],
  regexp: undefined,
}

/** The older form, by properties: what `include` does not match goes, then what `exclude` matches. */
export class SpanProperties {
  readonly isEmpty: boolean
  readonly #include: ItemMatch | undefined
  readonly #exclude: ItemMatch | undefined

  constructor({ include, exclude }: FilterConfig['spans']) {
    this.#include = include && new ItemMatch(include, 'traces')
    this.#exclude = exclude && new ItemMatch(exclude, 'traces')
    this.isEmpty = include === undefined && exclude === undefined
  }

  drops(span: SpanView): boolean {
    if (this.#include !== undefined && !this.#include.matchesSpan(span)) return true
    return this.#exclude?.matchesSpan(span) ?? false
  }

  /** What ordinary spans must be read with for `dropsOrdinary`; undefined where more counts than the span itself. */
  bind(): KeySet | undefined {
    const matches = [this.#include, this.#exclude].filter(match => match !== undefined)
    if (!matches.every(({ isOfItem }) => isOfItem)) return undefined
    const byText = new Map(matches.flatMap(({ keys }) => keys).map(key => [key.text, key]))
    const keys = KeySet.of([...byText.values()])
    if (keys !== undefined) for (const match of matches) match.bind(keys)
    return keys
  }

  dropsOrdinary(bytes: Uint8Array, record: OrdinaryRecord): boolean {
    if (this.#include !== undefined && !this.#include.matchesOrdinarySpan(bytes, record)) return true
    return this.#exclude?.matchesOrdinarySpan(bytes, record) ?? false
  }
}

export class LogProperties {
  readonly isEmpty: boolean
  readonly #include: ItemMatch | undefined
  readonly #exclude: ItemMatch | undefined

  constructor({ include, exclude }: FilterConfig['logs']) {
    this.#include = include && logMatch(include)
    this.#exclude = exclude && logMatch(exclude)
    this.isEmpty = this.#include === undefined && this.#exclude === undefined
  }

  drops(record: LogRecordView): boolean {
    if (this.#include !== undefined && !this.#include.matchesLog(record)) return true
    return this.#exclude?.matchesLog(record) ?? false
  }
}

/** Undefined where nothing is given to match: such a section does nothing, as in the Collector. */
function logMatch(config: LogMatchConfig): ItemMatch | undefined {
  const { recordAttributes, resourceAttributes, severityTexts, bodies } = config
  const given = [recordAttributes, resourceAttributes, severityTexts, bodies]
  if (given.every(list => list.length === 0) && config.severityNumber === undefined) return undefined
  const severity = config.severityNumber
  return new ItemMatch(
    {
      ...noCriteria,
      matchType: config.matchType === 'regexp' ? 'regexp' : 'strict',
      attributes: recordAttributes,
      resources: resourceAttributes,
      logSeverityTexts: severityTexts,
      logBodies: bodies,
      logSeverityNumber:
        severity && severity.min !== ''
          ? { min: severityNumber(severity.min), matchUndefined: severity.matchUndefined }
          : undefined,
    },
    'logs',
  )
}

export class MetricProperties {
  readonly isEmpty: boolean
  readonly #include: ItemMatch | undefined
  /** Either alone excludes: the resource, or the name. */
  readonly #excludes: readonly ItemMatch[]

  constructor({ include, exclude }: FilterConfig['metrics']) {
    this.#include = include && metricMatch(include)
    const names = exclude && metricMatch({ ...exclude, resourceAttributes: [] })
    const resources = exclude && metricMatch({ ...exclude, metricNames: [] })
    this.#excludes = [names, resources].filter(match => match !== undefined)
    this.isEmpty = this.#include === undefined && this.#excludes.length === 0
  }

  drops(metric: MetricView): boolean {
    if (this.#include !== undefined && !this.#include.matchesMetric(metric)) return true
    return this.#excludes.some(match => match.matchesMetric(metric))
  }
}

function metricMatch(config: MetricMatchConfig): ItemMatch | undefined {
  const { metricNames, resourceAttributes } = config
  if (metricNames.length + resourceAttributes.length === 0) return undefined
  const matchType = config.matchType === 'regexp' ? 'regexp' : 'strict'
  return new ItemMatch({ ...noCriteria, matchType, metricNames, resources: resourceAttributes }, 'metrics')
}
