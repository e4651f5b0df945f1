import { isAscii, isUtf8 } from 'node:buffer'
import { CleanValues } from './clean-values.ts'
import { ibanRemainder, luhn } from './detectors/checksums.ts'
import { Detector } from './detectors/detect.ts'
import type { Findings } from './detectors/findings.ts'
import { type KeyInfo, noKey } from './detectors/key-flags.ts'
import { wholeValueFlags } from './detectors/keyed-values.ts'
import { looksRandom } from './detectors/randomness.ts'
import { isSpace, latin1 } from './detectors/text-bytes.ts'
import { JsonPosition } from './json-position.ts'
import { PairMemory } from './pair-memory.ts'
import type { PatternRule, Policy } from './policy.ts'
import type { CandidateScanner, Candidates } from './scan/candidates.ts'

/** What the inspection of one value decided; `replaceAll` stands for the whole value. */
export interface Decision {
  /** Id of the detector or rule. */
  readonly id: number
  readonly start: number
  readonly end: number
  readonly replacement: Uint8Array
}

/** Who is told what was found, and what was let go in spite of it. */
export interface InspectionLog {
  found(id: number, start: number, end: number): void
  excepted(id: number, reason: 'allowed' | 'suppressed', start: number, end: number): void
}

const keywordReach = 30

/** Whether the name of a value alone says that it is something. */
const isNamed = (info: KeyInfo) => (info.flags & wholeValueFlags) !== 0 || info.nationalIds !== 0

/** Finds what is in one value and makes the replacements. */
export class Inspector {
  readonly #policy: Policy
  readonly #detector: Detector
  readonly #json = new JsonPosition()
  readonly #pairs: PairMemory
  readonly #clean = new CleanValues()
  readonly #log: InspectionLog
  /** Whether the last `inspect` found anything, even if it was let go. */
  hasFindings = false
  /** What the last `inspect` decided, in order and without overlap. */
  readonly decisions: Decision[] = []

  constructor(policy: Policy, scanner: CandidateScanner, log: InspectionLog) {
    this.#policy = policy
    this.#detector = new Detector(policy.detection, scanner)
    this.#log = log
    this.#pairs = new PairMemory(policy.detection.keys)
  }

  get detector(): Detector {
    return this.#detector
  }

  /** With `places`, those that a first look at all of `bytes` left, the detectors look only there. */
  inspect(bytes: Uint8Array, start: number, end: number, ownKey: string, places?: Candidates): readonly Decision[] {
    const { decisions } = this
    decisions.length = 0
    const policy = this.#policy
    const key = this.#pairs.keyOf(bytes, start, end, ownKey)
    const info = key === '' ? noKey : policy.detection.keys.get(key)
    this.hasFindings = false
    if (places !== undefined && policy.rules.length === 0 && !isNamed(info)) {
      if (!places.isAnyUpTo(places.firstFrom(start), end)) return decisions
    }
    if (this.#clean.has(bytes, start, end, key)) return decisions
    const { findings } = this.#detector.detect(bytes, start, end, info, key, places)
    if (policy.rules.length > 0) {
      for (const rule of policy.rules) this.#applyRule(rule, bytes, start, end, key, findings)
      findings.settle()
    }
    this.hasFindings = findings.count > 0
    if (this.hasFindings) this.#decide(bytes, start, end, findings)
    else this.#clean.add(bytes, start, end, key)
    return decisions
  }

  #decide(bytes: Uint8Array, start: number, end: number, findings: Findings): void {
    const { actions, names, replacements, exception: exceptionOf } = this.#policy
    this.#json.reset(bytes, start, end)
    for (let i = 0; i < findings.count; i++) {
      const id = findings.detectors[i]!
      const from = findings.starts[i]!
      const to = findings.ends[i]!
      const exception = exceptionOf?.(id, latin1(bytes, from, to))
      if (exception !== undefined) {
        this.#log.excepted(id, exception, from, to)
        continue
      }
      this.#log.found(id, from, to)
      const action = actions[id]!
      if (action.name === 'none') continue
      const made = replacements.replace(action, names[id]!, bytes, from, to)
      const slashes = isBare(bytes, start, end, from, to) ? this.#quotesFor(bytes, start, from) : -1
      this.decisions.push({ id, start: from, end: to, replacement: slashes < 0 ? made : quoted(made, slashes) })
    }
  }

  /** Backslashes before the quotes that text in place of a bare JSON value needs; -1 where it needs no quotes. */
  #quotesFor(bytes: Uint8Array, start: number, at: number): number {
    const level = this.#json.quotesAt(at)
    if (level >= 0 || this.#json.isJson) return level
    // JSON somewhere in a line: the name before the colon shows how its quotes are written.
    let colon = at
    while (colon > start && isSpace(bytes[colon - 1]!)) colon--
    if (colon <= start || bytes[colon - 1] !== 0x3a) return -1
    let quote = colon - 1
    while (quote > start && isSpace(bytes[quote - 1]!)) quote--
    if (quote <= start || bytes[quote - 1] !== 0x22) return -1
    let slashes = 0
    while (quote - 2 - slashes >= start && bytes[quote - 2 - slashes] === 0x5c) slashes++
    return slashes
  }

  #applyRule(rule: PatternRule, bytes: Uint8Array, start: number, end: number, key: string, findings: Findings): void {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
    if (rule.literal !== undefined && view.indexOf(rule.literal) < 0) return
    const isOneByte = isAscii(view) || !isUtf8(view)
    const text = isOneByte ? view.toString('latin1') : view.toString('utf8')
    let counted = 0
    let offset = start
    const offsetOf = (index: number) => {
      if (isOneByte) return start + index
      offset += Buffer.byteLength(text.slice(counted, index))
      counted = index
      return offset
    }
    for (const [from, to] of rule.pattern.matches(text, rule.group)) {
      if (!isValid(rule, text.slice(from, to)) || !hasKeywords(rule, text, from, key)) continue
      const first = offsetOf(from)
      findings.add(rule.id, first, offsetOf(to))
    }
  }
}

function hasKeywords(rule: PatternRule, text: string, from: number, key: string): boolean {
  if (rule.keywords.length === 0 && rule.excludeKeywords.length === 0) return true
  const around = `${key} ${text.slice(Math.max(0, from - keywordReach), from)}`.toLowerCase()
  if (rule.keywords.length > 0 && !rule.keywords.some(word => around.includes(word))) return false
  return !rule.excludeKeywords.some(word => around.includes(word))
}

function isValid({ validator }: PatternRule, text: string): boolean {
  if (typeof validator === 'function') return validator(text)
  switch (validator) {
    case 'luhn': {
      const digits = Uint8Array.from(text.replace(/\D/g, ''), Number)
      return digits.length > 1 && luhn(digits, digits.length)
    }
    case 'mod97':
      return (
        /^[A-Z]{2}\d\d[A-Z0-9]+$/i.test(text.replace(/[ -]/g, '')) &&
        ibanRemainder(text.replace(/[ -]/g, '').toUpperCase()) === 1
      )
    case 'random':
      return looksRandom(text)
    default:
      return true
  }
}

/** Whether the range is a whole value without quotes: `:`, `[` or `,` before it and `,`, `]` or `}` behind. */
function isBare(bytes: Uint8Array, start: number, end: number, from: number, to: number): boolean {
  let before = from
  while (before > start && isSpace(bytes[before - 1]!)) before--
  let behind = to
  while (behind < end && isSpace(bytes[behind]!)) behind++
  const opens =
    before > start && (bytes[before - 1] === 0x3a || bytes[before - 1] === 0x5b || bytes[before - 1] === 0x2c)
  return opens && (behind >= end || bytes[behind] === 0x2c || bytes[behind] === 0x5d || bytes[behind] === 0x7d)
}

function quoted(text: Uint8Array, slashes: number): Uint8Array {
  const quote = Buffer.from(`${'\\'.repeat(slashes)}"`)
  return Buffer.concat([quote, text, quote])
}
