import { AttributeKey } from '../../pdata/attribute-key.ts'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import { encodeString, encodeValue, type JsValue, ValueReader, valueEmpty, valueString } from '../../pdata/value.ts'
import type { LogRecordView, SpanView } from '../../pdata/views.ts'
import type { CollectorRules, Outcome } from './collector-rules.ts'
import { Summary } from './summary.ts'
import { sanitizeSpanName } from './url-sanitizer.ts'
import type { ValueHits } from './value-hits.ts'

const reader = new ValueReader()
/** In place of a value that goes. */
const gone = Symbol('gone')
const spanKindInternal = 1
const spanKindServer = 2
const spanKindClient = 3

/** Carries the Collector's rules out on views: attributes, log bodies, span names. */
export class CollectorPass {
  readonly #rules: CollectorRules
  /** Detectors, for text that the rules wrote anew. */
  readonly #inspect: (text: string, key: string) => string
  readonly #count: (outcome: Outcome) => void
  /** Counts and changes nothing. */
  readonly #isDryRun: boolean
  readonly #summary: Summary
  readonly #bodySummary: Summary
  /** Where in the present request values may match; undefined where that is not known. */
  hits: ValueHits | undefined

  constructor(
    rules: CollectorRules,
    inspect: (text: string, key: string) => string,
    count: (outcome: Outcome) => void,
    isDryRun = false,
  ) {
    this.#isDryRun = isDryRun
    this.#rules = rules
    this.#inspect = inspect
    this.#count = count
    this.#summary = new Summary(rules.summary, 'redaction')
    this.#bodySummary = new Summary(rules.summary, 'redaction.body')
  }

  attributes(attributes: AttributeList): void {
    const summary = this.#summary
    summary.clear()
    const { size } = attributes
    const system = this.#rules.db.isActive ? systemOf(attributes) : ''
    for (let i = 0; i < size; i++) if (!attributes.isRemoved(i)) this.#attribute(attributes, i, system)
    if (!this.#isDryRun) summary.write(attributes)
  }

  #attribute(attributes: AttributeList, index: number, system: string): void {
    const { bytes } = attributes
    const { key, outcome, isSanitized } = this.#rules.keyRule(
      bytes,
      attributes.keyStart(index),
      attributes.keyEnd(index),
    )
    if (outcome === undefined) return
    if (outcome === 'ignored' || outcome === 'redacted') {
      this.#note(this.#summary, outcome, key)
      if (outcome === 'redacted' && !this.#isDryRun) attributes.removeAt(index)
      return
    }
    reader.reset(bytes, attributes.valueStart(index), attributes.valueEnd(index))
    // Most values are done with here, as bytes.
    const isPlainText = reader.kind === valueString && outcome === 'none' && !isSanitized
    if (isPlainText && !this.#mayMatch(bytes, reader.start, reader.end)) return
    const text = this.#textOf()
    const rewritten = this.#value(this.#summary, key, text, outcome === 'blocked', made =>
      this.#rules.rewrite(key, made, system),
    )
    if (rewritten !== undefined && !this.#isDryRun) attributes.setValue(index, encodeString(rewritten))
  }

  #mayMatch(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.hits !== undefined && !this.hits.isInValue(start, end)) return false
    return this.#rules.mayMatch(bytes, start, end)
  }

  /** Text as the rules see it: other types are empty unless all types are read. */
  #textOf(): string {
    if (reader.kind === valueString) return reader.text()
    return this.#rules.readsAllTypes && reader.kind !== valueEmpty ? plainText(reader.toJs()) : ''
  }

  /** The new text, undefined where it stays as it is. */
  #value(
    summary: Summary,
    key: string,
    text: string,
    isBlocked: boolean,
    rewrite = (made: string) => this.#rules.rewriteBody(made),
  ): string | undefined {
    if (this.#rules.isAllowedValue(text)) {
      this.#note(summary, 'allowed', key)
      return undefined
    }
    const made = isBlocked ? this.#rules.maskAll(text) : rewrite(text)
    if (made === text) return undefined
    this.#note(summary, 'masked', key)
    return isBlocked ? made : this.#inspect(made, key)
  }

  #note(summary: Summary, outcome: Outcome, key: string): void {
    summary.add(outcome, key)
    this.#count(outcome)
  }

  spanName(span: SpanView): void {
    const rules = this.#rules
    const { kind } = span
    const isRemote = kind === spanKindServer || kind === spanKindClient
    const isUrl = rules.sanitizesUrlNames && isRemote
    const isQuery = rules.db.sanitizesNames && (isRemote || kind === spanKindInternal)
    if (!isUrl && !isQuery) return
    const { name } = span
    if (rules.isAllowedValue(name)) return
    let made = isUrl ? sanitizeSpanName(name) : name
    if (isQuery && made === name) made = rules.db.spanName(name, systemOf(span.attributes))
    if (made !== name && made !== '' && made !== '...' && !this.#isDryRun) span.name = made
  }

  /** Text, or what is in maps and lists, by the path of their names. */
  body(record: LogRecordView): void {
    const summary = this.#bodySummary
    summary.clear()
    reader.reset(record.attributes.bytes, record.bodyStart, record.bodyEnd)
    if (reader.kind === valueEmpty) return
    const value = reader.toJs()
    const made = this.#bodyValue(value, 'body', true)
    if (this.#isDryRun) return
    // A body is written anew as a whole: what the detectors found in the rest of it has to be replaced here as well.
    if (!Object.is(made, value))
      record.setBody(encodeValue(made === gone ? undefined : this.#inspected(made, value, '')))
    summary.write(record.attributes)
  }

  #bodyValue(value: JsValue, path: string, isRoot: boolean): JsValue | typeof gone {
    if (value instanceof Map) return this.#bodyMap(value, isRoot ? '' : `${path}.`)
    if (Array.isArray(value)) return this.#bodyList(value, isRoot ? '' : `${path}.`)
    // Of bodies the Collector reads every type as text, whatever redact_all_types says.
    const text = plainText(value)
    const made = this.#value(this.#bodySummary, path, text, false)
    return made === undefined ? value : made
  }

  /** `made` with the findings of the detectors replaced in what is still as it was in `value`; new text was looked at when it was made. */
  #inspected(made: JsValue, value: JsValue, key: string): JsValue {
    if (made instanceof Map) {
      const before = value instanceof Map ? value : undefined
      return new Map(
        [...made].map(
          ([name, item]) => [this.#inspect(name, ''), this.#inspected(item, before?.get(name), name)] as const,
        ),
      )
    }
    if (Array.isArray(made)) {
      const before = Array.isArray(value) ? value : []
      return made.map((item, i) => this.#inspected(item, before[i], key))
    }
    if (!Object.is(made, value)) return made
    if (typeof made === 'string') return this.#inspect(made, key)
    if (!(made instanceof Uint8Array)) return made
    const text = Buffer.from(made).toString('latin1')
    const inspected = this.#inspect(text, key)
    return inspected === text ? made : Buffer.from(inspected, 'latin1')
  }

  #bodyMap(map: Map<string, JsValue>, prefix: string): JsValue {
    let changed = false
    const out = new Map<string, JsValue>()
    for (const [name, value] of map) {
      const path = prefix + name
      const outcome = this.#rules.keyOutcome(name)
      if (outcome === 'ignored' || outcome === undefined) {
        if (outcome === 'ignored') this.#note(this.#bodySummary, 'ignored', path)
        out.set(name, value)
      } else if (outcome === 'redacted') {
        this.#note(this.#bodySummary, 'redacted', path)
        changed = true
      } else if (outcome === 'blocked') {
        // Of bodies a blocked key's value goes even where allowed_values would keep it, and no text is masked as such: as there.
        const made = this.#rules.maskAll(typeof value === 'string' ? value : '')
        this.#note(this.#bodySummary, 'masked', path)
        out.set(name, made)
        changed = true
      } else {
        const made = this.#bodyValue(value, path, false)
        changed ||= !Object.is(made, value)
        if (made !== gone) out.set(name, made)
      }
    }
    return changed ? out : map
  }

  #bodyList(list: JsValue[], prefix: string): JsValue {
    let changed = false
    const out = list.map((value, i) => {
      const made = this.#bodyValue(value, `${prefix}[${i}]`, false)
      changed ||= !Object.is(made, value)
      return made === gone ? undefined : made
    })
    return changed ? out : list
  }
}

const systemKeys = [new AttributeKey('db.system.name'), new AttributeKey('db.system')]

/** The database that a record speaks of, in lower case; empty where it says none. */
function systemOf(attributes: AttributeList): string {
  for (const key of systemKeys) {
    const index = attributes.find(key)
    if (index < 0) continue
    reader.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index))
    if (reader.kind === valueString && reader.start < reader.end) return reader.text().toLowerCase()
  }
  return ''
}

/** How the Collector writes values of other types as text: lists and maps as JSON, names in order. */
function plainText(value: JsValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value) || value instanceof Map) return JSON.stringify(jsonValue(value))
  return String(value)
}

function jsonValue(value: JsValue): unknown {
  if (value instanceof Map)
    return Object.fromEntries(
      [...value].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, jsonValue(item)]),
    )
  if (Array.isArray(value)) return value.map(jsonValue)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return typeof value === 'bigint' ? Number(value) : (value ?? null)
}
