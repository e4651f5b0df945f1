import { textOf } from './parameters.ts'
import { OttlDuration, OttlTime, type OttlValue } from './value.ts'

const directive = /%([-+# 0]*)(\d+)?(?:\.(\d*))?([a-zA-Z%])/g

/** Prints values by Go's verbs: `%d %s %q %v %f %e %g %t %x %X %b %o %c %T %%` with flags, width and precision. */
export function formatGo(format: string, values: readonly OttlValue[]): string {
  let next = 0
  const printed = format.replace(directive, (_, flags: string, width: string, precision: string, verb: string) => {
    if (verb === '%') return '%'
    if (next >= values.length) return `%!${verb}(MISSING)`
    const value = values[next++]
    const text = print(verb, value, flags, precision === undefined ? undefined : Number(precision))
    const wrong = value === undefined ? '<nil>' : `${goType(value)}=${plain(value)}`
    return pad(text ?? `%!${verb}(${wrong})`, flags, Number(width ?? 0))
  })
  if (next >= values.length) return printed
  const extra = values.slice(next).map(value => (value === undefined ? '<nil>' : `${goType(value)}=${plain(value)}`))
  return `${printed}%!(EXTRA ${extra.join(', ')})`
}

function print(verb: string, value: OttlValue, flags: string, precision: number | undefined): string | undefined {
  if (verb === 'v') return signed(plain(value), value, flags)
  if (verb === 'T') return value === undefined ? '<nil>' : goType(value)
  if (typeof value === 'bigint') return signed(printInt(verb, value, flags), value, flags)
  if (typeof value === 'number') return signed(printDouble(verb, value, precision), value, flags)
  if (typeof value === 'boolean') return verb === 't' ? String(value) : undefined
  if (typeof value === 'string' || value instanceof Uint8Array) return printText(verb, value, precision)
  return verb === 's' && value !== undefined ? plain(value) : undefined
}

function printInt(verb: string, value: bigint, flags: string): string | undefined {
  const prefix = (text: string) => (flags.includes('#') ? text : '')
  const based = (base: number, start: string) =>
    value < 0n ? `-${prefix(start)}${(-value).toString(base)}` : prefix(start) + value.toString(base)
  switch (verb) {
    case 'd':
      return String(value)
    case 'x':
      return based(16, '0x')
    case 'X':
      return based(16, '0x').toUpperCase()
    case 'b':
      return based(2, '0b')
    case 'o':
      return based(8, '0')
    case 'c':
      return String.fromCodePoint(Number(value))
    default:
      return undefined
  }
}

function printDouble(verb: string, value: number, precision = 6): string | undefined {
  if (!Number.isFinite(value)) return 'feEgG'.includes(verb) ? plain(value) : undefined
  if (verb === 'f' || verb === 'F') return fixed(value, precision)
  if (verb === 'e' || verb === 'E') {
    const text = value.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2')
    return verb === 'E' ? text.toUpperCase() : text
  }
  return verb === 'g' || verb === 'G' ? plain(value) : undefined
}

/** Go rounds a tie to the even digit, toFixed away from zero. */
function fixed(value: number, precision: number): string {
  const exact = value.toFixed(Math.min(100, precision + 30))
  const cut = exact.length - (Math.min(100, precision + 30) - precision)
  const kept = exact.slice(0, precision === 0 ? cut - 1 : cut)
  const isTie = /^50*$/.test(exact.slice(cut)) && /[02468]$/.test(kept)
  return isTie ? kept : value.toFixed(precision)
}

function printText(verb: string, value: string | Uint8Array, precision: number | undefined): string | undefined {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value)
  switch (verb) {
    case 's':
      return precision === undefined ? bytes.toString() : [...bytes.toString()].slice(0, precision).join('')
    case 'q':
      return JSON.stringify(bytes.toString())
    case 'x':
      return bytes.toString('hex')
    case 'X':
      return bytes.toString('hex').toUpperCase()
    default:
      return undefined
  }
}

/** As `%v` prints it. */
function plain(value: OttlValue): string {
  if (value === undefined) return '<nil>'
  if (value instanceof Uint8Array) return `[${[...value].join(' ')}]`
  if (typeof value === 'number') return goNumber(value)
  if (value instanceof OttlTime) return value.toText()
  if (value instanceof OttlDuration) return `${value.ns}ns`
  if (Array.isArray(value)) return `[${(value as OttlValue[]).map(plain).join(' ')}]`
  return value instanceof Map ? (textOf(value) ?? '') : String(value)
}

function goNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  if (exponent >= -4 && exponent < 21) return Object.is(value, -0) ? '-0' : String(value)
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
}

function goType(value: OttlValue): string {
  if (typeof value === 'bigint') return 'int64'
  if (typeof value === 'number') return 'float64'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (value instanceof Uint8Array) return '[]uint8'
  if (value instanceof OttlTime) return 'time.Time'
  if (value instanceof OttlDuration) return 'time.Duration'
  return Array.isArray(value) ? 'pcommon.Slice' : 'pcommon.Map'
}

function signed(text: string | undefined, value: OttlValue, flags: string): string | undefined {
  if (text === undefined || (typeof value !== 'bigint' && typeof value !== 'number') || /^[+-]/.test(text)) return text
  return flags.includes('+') ? `+${text}` : flags.includes(' ') ? ` ${text}` : text
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width)
  if (!flags.includes('0')) return text.padStart(width)
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  return sign + text.slice(sign.length).padStart(width - sign.length, '0')
}
