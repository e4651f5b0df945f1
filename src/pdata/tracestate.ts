import { parseTValue, Randomness, type Threshold } from './sampling-threshold.ts'

const membersMax = 32
const lengthMax = 1024
const otelLengthMax = 256
const keyLengthMax = 256
const tenantLengthMax = 241
const systemLengthMax = 14

/**
 * A W3C `tracestate` with the OpenTelemetry member (`ot=`) taken apart: `rv` and `th` are what samplers read and write,
 * everything else stays as it stands and in its order.
 *
 * Source: W3C Trace Context, section 3.3; OpenTelemetry specification, trace/tracestate-handling.md.
 */
export class TraceState {
  /** Fourteen digits, or empty. */
  rValue = ''
  /** One to fourteen digits, or empty. */
  tValue = ''
  threshold: Threshold | undefined
  readonly randomness = new Randomness()
  #otelRest: string[] = []
  #members: string[] = []

  /** Takes `text` apart; undefined where it breaks the grammar or a limit, and so says nothing about sampling. */
  static parse(text: string): TraceState | undefined {
    const state = new TraceState()
    if (text === '') return state
    if (text.length > lengthMax) return undefined
    const members = text.split(',').map(trimOptionalSpace)
    if (members.length > membersMax) return undefined
    for (const member of members) {
      if (member === '') continue
      const equals = member.indexOf('=')
      if (equals < 1 || !isKey(member.slice(0, equals)) || !isValue(member.slice(equals + 1))) return undefined
      if (member.startsWith('ot=')) {
        if (!state.#parseOtel(member.slice(3))) return undefined
      } else state.#members.push(member)
    }
    return state
  }

  /** Writes a threshold unless it would raise the probability that is already there; false if it did not. */
  sampledWith(threshold: Threshold): boolean {
    if (this.threshold !== undefined && threshold.isLessThan(this.threshold)) return false
    this.threshold = threshold
    this.tValue = threshold.tValue
    return true
  }

  clearThreshold(): void {
    this.threshold = undefined
    this.tValue = ''
  }

  setRandomness(randomness: Randomness): void {
    this.randomness.high = randomness.high
    this.randomness.low = randomness.low
    this.rValue = randomness.rValue()
  }

  toString(): string {
    const otel: string[] = []
    if (this.rValue !== '') otel.push(`rv:${this.rValue}`)
    if (this.tValue !== '') otel.push(`th:${this.tValue}`)
    otel.push(...this.#otelRest)
    return (otel.length > 0 ? [`ot=${otel.join(';')}`, ...this.#members] : this.#members).join(',')
  }

  #parseOtel(text: string): boolean {
    if (text === '' || text.length > otelLengthMax) return false
    for (const part of text.split(';')) {
      const match = /^([a-z][a-z0-9]*):([A-Za-z0-9._-]*)$/.exec(part)
      if (match === null) return false
      const [, key, value] = match as unknown as [string, string, string]
      if (key === 'rv') {
        if (!this.randomness.fromRValue(value)) return false
        this.rValue = value
      } else if (key === 'th') {
        const threshold = parseTValue(value)
        if (threshold === undefined) return false
        this.threshold = threshold
        this.tValue = value
      } else this.#otelRest.push(part)
    }
    return true
  }
}

function trimOptionalSpace(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

function isKey(key: string): boolean {
  if (key.length > keyLengthMax) return false
  const at = key.indexOf('@')
  if (at < 0) return /^[a-z][a-z0-9_\-*/]*$/.test(key)
  const tenant = key.slice(0, at)
  const system = key.slice(at + 1)
  return (
    tenant.length <= tenantLengthMax &&
    system.length <= systemLengthMax &&
    /^[a-z0-9][a-z0-9_\-*/]*$/.test(tenant) &&
    /^[a-z][a-z0-9_\-*/]*$/.test(system)
  )
}

/** Printable ASCII but comma and equals sign, at most 256, not ending in a space. */
function isValue(value: string): boolean {
  return /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/.test(value)
}
