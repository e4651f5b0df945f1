import { AttributeKey } from '../pdata/attribute-key.ts'
import type { EncodedValue } from '../pdata/constant-attribute.ts'
import type { DataPointView } from '../pdata/metric-views.ts'
import type { Signal } from '../pdata/otlp-batch.ts'
import * as otlp from '../pdata/otlp-fields.ts'
import type {
  AttributeReader,
  FieldReader,
  LogReader,
  MetricReader,
  SpanReader,
  SurroundingReader,
} from '../pdata/record-reader.ts'
import type { StepQuestions } from '../pdata/step-questions.ts'
import { encodeValue, type JsValue, ValueReader, valueString } from '../pdata/value.ts'
import type { ItemMatchConfig, MatchAttributeConfig } from './item-match-config.ts'
import { Pattern } from './pattern.ts'
import { scalarText, valueText } from './value-text.ts'

const value = new ValueReader()
const serviceName = new AttributeKey('service.name')
/** What the Collector compares with where a resource has no service name. */
const noServiceName = '<nil-service-name>'
const spanKinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  kind => `SPAN_KIND_${kind}`,
)

type MatchType = 'strict' | 'regexp'

/** One of several texts, or a match of one of several patterns. Compares bytes, without making text of them. */
class TextSet {
  readonly #texts: readonly Uint8Array[]
  readonly #patterns: readonly Pattern[]

  constructor(matchType: MatchType, entries: readonly string[]) {
    this.#texts = matchType === 'strict' ? entries.map(entry => Buffer.from(entry)) : []
    this.#patterns = matchType === 'regexp' ? entries.map(entry => new Pattern(entry)) : []
  }

  has(bytes: Uint8Array, start: number, end: number): boolean {
    for (const text of this.#texts) if (equals(text, bytes, start, end)) return true
    for (const pattern of this.#patterns) if (pattern.testBytes(bytes, start, end)) return true
    return false
  }

  hasText(text: string): boolean {
    const bytes = Buffer.from(text)
    return this.has(bytes, 0, bytes.length)
  }

  hasField(message: FieldReader, field: number): boolean {
    return this.has(message.bytes, message.valueStart(field), message.valueEnd(field))
  }
}

/** All of several attributes. */
export class AttributeMatch {
  readonly #tests: readonly AttributeTest[]

  constructor(matchType: MatchType, attributes: readonly MatchAttributeConfig[]) {
    this.#tests = attributes.map(attribute => new AttributeTest(matchType, attribute))
  }

  matches(attributes: AttributeReader): boolean {
    for (const test of this.#tests) if (!test.matches(attributes)) return false
    return true
  }

  get isEmpty(): boolean {
    return this.#tests.length === 0
  }

  get keys(): readonly AttributeKey[] {
    return this.#tests.map(({ key }) => key)
  }
}

class AttributeTest {
  readonly key: AttributeKey
  readonly #wanted: EncodedValue | undefined
  readonly #wantedValue: JsValue
  readonly #wantedText: Uint8Array | undefined
  readonly #pattern: Pattern | undefined

  constructor(matchType: MatchType, attribute: MatchAttributeConfig) {
    this.key = new AttributeKey(attribute.key)
    if (attribute.value === undefined) return
    if (matchType === 'regexp') this.#pattern = new Pattern(String(attribute.value))
    else {
      this.#wanted = encodeValue(attribute.value)
      if (typeof attribute.value === 'string') this.#wantedText = Buffer.from(attribute.value)
      this.#wantedValue = new ValueReader().reset(this.#wanted, 0, this.#wanted.length).toJs()
    }
  }

  matches(attributes: AttributeReader): boolean {
    const index = attributes.find(this.key)
    if (index < 0) return false
    return this.#matchesValue(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index))
  }

  #matchesValue(bytes: Uint8Array, start: number, end: number): boolean {
    const pattern = this.#pattern
    if (pattern !== undefined) {
      value.reset(bytes, start, end)
      if (value.kind === valueString) return pattern.testBytes(bytes, value.start, value.end)
      const text = scalarText(value)
      return text !== undefined && pattern.test(text)
    }
    const wanted = this.#wanted
    if (wanted === undefined || equals(wanted, bytes, start, end)) return true
    // Other bytes may still say the same: over-long lengths, another order inside a map. Texts are compared as bytes.
    value.reset(bytes, start, end)
    const text = this.#wantedText
    if (text !== undefined) return value.kind === valueString && equals(text, bytes, value.start, value.end)
    return isSame(value.toJs(), this.#wantedValue)
  }
}

const criteriaBySignal: Readonly<Record<Signal, readonly (keyof ItemMatchConfig)[]>> = {
  traces: ['services', 'spanNames', 'spanKinds'],
  logs: ['logBodies', 'logSeverityTexts', 'logSeverityNumber'],
  metrics: ['metricNames'],
  profiles: [],
}
const criterionKeys: Partial<Record<keyof ItemMatchConfig, string>> = {
  services: 'services',
  spanNames: 'span_names',
  spanKinds: 'span_kinds',
  logBodies: 'log_bodies',
  logSeverityTexts: 'log_severity_texts',
  logSeverityNumber: 'log_severity_number',
  metricNames: 'metric_names',
}

/** Throws where the file gives a criterion that items of this signal do not have: it would match all or nothing. */
function checkSignal(config: ItemMatchConfig, signal: Signal): void {
  for (const [name, key] of Object.entries(criterionKeys) as [keyof ItemMatchConfig, string][]) {
    const given = config[name]
    if (given === undefined || (Array.isArray(given) && given.length === 0)) continue
    if (!criteriaBySignal[signal].includes(name)) throw new Error(`${key} cannot be used in a pipeline of ${signal}`)
  }
}

/** `include` or `exclude`: every criterion that the file gives must match. */
export class ItemMatch {
  readonly #services: TextSet | undefined
  readonly #spanNames: TextSet | undefined
  readonly #spanKinds: readonly boolean[] | undefined
  readonly #logBodies: TextSet | undefined
  readonly #severityTexts: TextSet | undefined
  readonly #severity: ItemMatchConfig['logSeverityNumber']
  readonly #metricNames: TextSet | undefined
  readonly #attributes: AttributeMatch
  readonly #resources: AttributeMatch
  readonly #libraries: readonly { readonly name: TextSet; readonly version: TextSet | undefined }[]

  constructor(config: ItemMatchConfig, signal: Signal) {
    checkSignal(config, signal)
    const matchType = config.matchType ?? 'strict'
    const texts = (entries: readonly string[]) => (entries.length === 0 ? undefined : new TextSet(matchType, entries))
    this.#services = texts(config.services)
    this.#spanNames = texts(config.spanNames)
    const kinds = texts(config.spanKinds)
    this.#spanKinds = kinds && spanKinds.map(kind => kinds.hasText(kind))
    this.#logBodies = texts(config.logBodies)
    this.#severityTexts = texts(config.logSeverityTexts)
    this.#severity = config.logSeverityNumber
    this.#metricNames = texts(config.metricNames)
    this.#attributes = new AttributeMatch(matchType, config.attributes)
    this.#resources = new AttributeMatch(matchType, config.resources)
    this.#libraries = config.libraries.map(({ name, version }) => ({
      name: new TextSet(matchType, [name]),
      version: version === undefined ? undefined : new TextSet(matchType, [version]),
    }))
  }

  matchesSpan(span: SpanReader): boolean {
    if (this.#spanNames !== undefined && !this.#spanNames.hasField(span.message, otlp.spanName)) return false
    if (this.#spanKinds !== undefined && this.#spanKinds[span.kind] !== true) return false
    if (this.#services !== undefined && !hasService(this.#services, span.resource)) return false
    return this.#matchesAround(span.resource, span.scope) && this.#attributes.matches(span.attributes)
  }

  /** Notes what a match asks about, for a step that uses it. */
  ask(questions: StepQuestions): void {
    for (const key of this.#attributes.keys) questions.attributes.set(key.text, key)
    for (const key of this.#resources.keys) questions.resourceAttributes.set(key.text, key)
    if (this.#services !== undefined) questions.resourceAttributes.set(serviceName.text, serviceName)
    if (questions.resourceAttributes.size > 0) questions.asksResource = true
    if (this.#libraries.length > 0) questions.asksScope = true
    if (this.#spanNames !== undefined) questions.fields |= 1 << otlp.spanName
    if (this.#spanKinds !== undefined) questions.fields |= 1 << otlp.spanKind
    if (this.#logBodies !== undefined) questions.fields |= 1 << otlp.logBody
    if (this.#severityTexts !== undefined) questions.fields |= 1 << otlp.logSeverityText
    if (this.#severity !== undefined) questions.fields |= 1 << otlp.logSeverityNumber
    if (this.#metricNames !== undefined) questions.fields |= 1 << otlp.metricName
  }

  matchesLog(record: LogReader): boolean {
    const severity = this.#severity
    if (severity !== undefined) {
      const number = record.severityNumber
      if (number === 0 ? !severity.matchUndefined : number < severity.min) return false
    }
    if (this.#severityTexts !== undefined && !this.#severityTexts.hasField(record.message, otlp.logSeverityText))
      return false
    if (this.#logBodies !== undefined && !hasBody(this.#logBodies, record)) return false
    return this.#matchesAround(record.resource, record.scope) && this.#attributes.matches(record.attributes)
  }

  /** Everything but the attributes, which are those of data points. */
  matchesMetric(metric: MetricReader): boolean {
    if (this.#metricNames !== undefined && !this.#metricNames.hasField(metric.message, otlp.metricName)) return false
    return this.#matchesAround(metric.resource, metric.scope)
  }

  matchesDataPoint(point: DataPointView, metric: MetricReader): boolean {
    return this.matchesMetric(metric) && this.#attributes.matches(point.attributes)
  }

  #matchesAround(resource: SurroundingReader, scope: SurroundingReader): boolean {
    for (const { name, version } of this.#libraries) {
      if (!name.hasField(scope.message, otlp.scopeName)) return false
      if (version !== undefined && !version.hasField(scope.message, otlp.scopeVersion)) return false
    }
    // Asking for the attributes reads them.
    return this.#resources.isEmpty || this.#resources.matches(resource.attributes)
  }
}

function hasService(services: TextSet, resource: SurroundingReader): boolean {
  const { attributes } = resource
  const index = attributes.find(serviceName)
  if (index < 0) return services.hasText(noServiceName)
  value.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index))
  return value.kind === valueString
    ? services.has(value.bytes, value.start, value.end)
    : services.hasText(valueText(value))
}

function hasBody(bodies: TextSet, record: LogReader): boolean {
  value.reset(record.message.bytes, record.bodyStart, record.bodyEnd)
  return value.kind === valueString ? bodies.has(value.bytes, value.start, value.end) : bodies.hasText(valueText(value))
}

function equals(own: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (own.length !== end - start) return false
  for (let i = 0; i < own.length; i++) if (own[i] !== bytes[start + i]) return false
  return true
}

/** Same kind and same content; maps in any order. */
function isSame(a: JsValue, b: JsValue): boolean {
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false
    for (const [key, member] of a) if (!b.has(key) || !isSame(member, b.get(key))) return false
    return true
  }
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]))
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  return a === b
}
