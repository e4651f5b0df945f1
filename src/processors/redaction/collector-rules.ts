import { createHash, createHmac } from 'node:crypto'
import { readText } from '../../pdata/text.ts'
import { BytesMemo } from '../../processor-helper/bytes-memo.ts'
import type { RedactionConfig } from './config-shape.ts'
import { DbRules } from './db-rules.ts'
import { UserPattern } from './patterns.ts'
import { effectiveProfile } from './policy.ts'
import { sanitizeUrl, sanitizeUrlsInText } from './url-sanitizer.ts'
import { ValueFilter } from './value-filter.ts'
import { hitsOf, type ValueHits } from './value-hits.ts'

/** What the summary says of an attribute. */
export type Outcome = 'redacted' | 'masked' | 'allowed' | 'ignored'

/** What is known of a key. */
export interface KeyRule {
  readonly key: string
  readonly outcome: 'ignored' | 'redacted' | 'blocked' | 'none' | undefined
  /** Whether its text is sanitized, so that every value has to be read. */
  readonly isSanitized: boolean
}

const summaryKeys = /^redaction\.(body\.)?(redacted|masked|allowed|ignored)\.(keys|count)$/
const keysRememberedMax = 8192

/**
 * The keys of the Collector's processor, in its order: ignored, not allowed, allowed values, blocked keys, blocked values
 * in the order of the file, URLs, databases.
 */
export class CollectorRules {
  readonly isActive: boolean
  readonly summary: 'debug' | 'info' | 'silent'
  readonly readsAllTypes: boolean
  readonly sanitizesUrlNames: boolean
  readonly #sanitizesBodies: boolean
  readonly db: DbRules
  readonly #filtersKeys: boolean
  readonly #allowedKeys: ReadonlySet<string>
  readonly #ignoredKeys: ReadonlySet<string>
  readonly #ignoredPatterns: readonly UserPattern[]
  readonly #blockedKeys: readonly UserPattern[]
  readonly #blockedValues: readonly UserPattern[]
  readonly #allowedValues: readonly UserPattern[]
  readonly #urlAttributes: ReadonlySet<string>
  readonly #mask: (text: string) => string
  /** Where values may match; undefined where that cannot be told before a value is read. */
  readonly hits: ValueHits | undefined
  /** Whether nothing can happen to what holds no hit: no rule is about names. */
  readonly isAboutValues: boolean
  /** All patterns for values at once; undefined where one of them cannot be ruled out by bytes. */
  readonly #valueFilter: ValueFilter | undefined
  readonly #keyRules = new BytesMemo<KeyRule>()
  readonly #outcomes = new Map<string, 'ignored' | 'redacted' | 'blocked' | 'none'>()

  constructor(config: RedactionConfig) {
    const compile = (sources: readonly string[]) => sources.map(source => new UserPattern(source))
    const hasProfile = config.profile !== '' || effectiveProfile(config) !== 'none'
    // With a profile an empty list filters nothing; in a Collector's file it removes everything, as there.
    this.#filtersKeys = !config.allowAllKeys && (config.allowedKeys.length > 0 || !hasProfile)
    this.#allowedKeys = new Set(config.allowedKeys)
    this.#ignoredKeys = new Set(config.ignoredKeys)
    this.#ignoredPatterns = compile(config.ignoredKeyPatterns)
    this.#blockedKeys = compile(config.blockedKeyPatterns)
    this.#blockedValues = compile(config.blockedValues)
    this.#allowedValues = compile(config.allowedValues)
    this.#valueFilter = ValueFilter.of([...config.blockedValues, ...config.allowedValues])
    this.readsAllTypes = config.redactAllTypes
    this.summary = config.summary === '' ? 'silent' : config.summary
    this.#mask = maskOf(config)
    this.db = new DbRules(config)
    this.#urlAttributes = new Set(config.urlSanitizer?.enabled === true ? config.urlSanitizer.attributes : [])
    this.sanitizesUrlNames = config.urlSanitizer?.enabled === true && config.urlSanitizer.sanitizeSpanName
    this.#sanitizesBodies = config.urlSanitizer?.enabled === true
    this.isActive =
      this.#sanitizesBodies ||
      this.#filtersKeys ||
      this.#blockedKeys.length + this.#blockedValues.length + this.#urlAttributes.size > 0 ||
      this.db.isActive ||
      // What is allowed is told, although nothing becomes of it.
      (this.#allowedValues.length > 0 && this.summary !== 'silent') ||
      this.#ignoredKeys.size + this.#ignoredPatterns.length > 0 ||
      this.sanitizesUrlNames
    this.hits = this.readsAllTypes ? undefined : hitsOf([...config.blockedValues, ...config.allowedValues])
    this.isAboutValues =
      this.hits !== undefined &&
      !(this.#filtersKeys || this.db.isActive || this.#sanitizesBodies) &&
      this.#ignoredKeys.size + this.#urlAttributes.size === 0 &&
      this.#ignoredPatterns.length + this.#blockedKeys.length === 0
  }

  /** What the name alone decides; `undefined` for the processor's own summary, which it leaves alone and does not count. */
  keyOutcome(key: string): 'ignored' | 'redacted' | 'blocked' | 'none' | undefined {
    if (summaryKeys.test(key)) return undefined
    let outcome = this.#outcomes.get(key)
    if (outcome === undefined) {
      if (this.#ignoredKeys.has(key) || this.#ignoredPatterns.some(pattern => pattern.test(key))) outcome = 'ignored'
      else if (this.#filtersKeys && !this.#allowedKeys.has(key)) outcome = 'redacted'
      else if (this.#blockedKeys.some(pattern => pattern.test(key))) outcome = 'blocked'
      else outcome = 'none'
      if (this.#outcomes.size >= keysRememberedMax) this.#outcomes.clear()
      this.#outcomes.set(key, outcome)
    }
    return outcome
  }

  /** What the name in `bytes[start, end)` decides, from memory for names seen before. */
  keyRule(bytes: Uint8Array, start: number, end: number): KeyRule {
    let rule = this.#keyRules.get(bytes, start, end)
    if (rule === undefined) {
      const key = readText(bytes, start, end)
      rule = { key, outcome: this.keyOutcome(key), isSanitized: this.#urlAttributes.has(key) || this.db.names(key) }
      this.#keyRules.set(bytes, start, end, rule)
    }
    return rule
  }

  /** False where no pattern for values can match the text in `bytes[start, end)`: nothing happens to it then. */
  mayMatch(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#blockedValues.length + this.#allowedValues.length === 0) return false
    return this.#valueFilter?.mayMatch(bytes, start, end) ?? true
  }

  isAllowedValue(text: string): boolean {
    return this.#allowedValues.some(pattern => pattern.test(text))
  }

  /** The whole value of a blocked key: one mask, however many lines it has. */
  maskAll(text: string): string {
    return this.#mask(text)
  }

  /** What becomes of an attribute's value that is neither allowed nor blocked by its name. */
  rewrite(key: string, text: string, system: string): string {
    const masked = this.#maskBlocked(text)
    return this.db.attribute(key, this.#urlAttributes.has(key) ? sanitizeUrl(masked) : masked, system)
  }

  /** The same for text of a log's body. */
  rewriteBody(text: string): string {
    const masked = this.#maskBlocked(text)
    return this.db.body(this.#sanitizesBodies ? sanitizeUrlsInText(masked) : masked)
  }

  #maskBlocked(text: string): string {
    // Values that are no text are empty here; a pattern that matches nothing at all masks them, as there.
    if (text === '') return this.#blockedValues.some(pattern => pattern.test('')) ? this.#mask('') : text
    let out = text
    for (const pattern of this.#blockedValues) out = pattern.replaceAll(out, this.#mask)
    return out
  }
}

function maskOf(config: RedactionConfig): (text: string) => string {
  const key = config.hmacKey.reveal()
  switch (config.hashFunction) {
    case 'md5':
    case 'sha1':
      return text => createHash(config.hashFunction).update(text).digest('hex')
    case 'sha3':
      return text => createHash('sha3-256').update(text).digest('hex')
    case 'hmac-sha256':
      return text => createHmac('sha256', key).update(text).digest('hex')
    case 'hmac-sha512':
      return text => createHmac('sha512', key).update(text).digest('hex')
    default:
      return () => '****'
  }
}
