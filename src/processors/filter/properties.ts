import type { LogReader, MetricReader, SpanReader } from '../../pdata/record-reader.ts'
import type { StepQuestions } from '../../pdata/step-questions.ts'
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

  drops(span: SpanReader): boolean {
    if (this.#include !== undefined && !this.#include.matchesSpan(span)) return true
    return this.#exclude?.matchesSpan(span) ?? false
  }

  /** Notes what `drops` asks about. */
  ask(questions: StepQuestions): void {
    this.#include?.ask(questions)
    this.#exclude?.ask(questions)
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

  drops(record: LogReader): boolean {
    if (this.#include !== undefined && !this.#include.matchesLog(record)) return true
    return this.#exclude?.matchesLog(record) ?? false
  }

  ask(questions: StepQuestions): void {
    this.#include?.ask(questions)
    this.#exclude?.ask(questions)
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

  drops(metric: MetricReader): boolean {
    if (this.#include !== undefined && !this.#include.matchesMetric(metric)) return true
    return this.#excludes.some(match => match.matchesMetric(metric))
  }

  ask(questions: StepQuestions): void {
    this.#include?.ask(questions)
    for (const match of this.#excludes) match.ask(questions)
  }
}

function metricMatch(config: MetricMatchConfig): ItemMatch | undefined {
  const { metricNames, resourceAttributes } = config
  if (metricNames.length + resourceAttributes.length === 0) return undefined
  const matchType = config.matchType === 'regexp' ? 'regexp' : 'strict'
  return new ItemMatch({ ...noCriteria, matchType, metricNames, resources: resourceAttributes }, 'metrics')
}
