import { Pattern } from '../processor-helper/pattern.ts'
import { parseCsvRow } from './csv.ts'
import { converter, type OttlFunctions } from './function.ts'
import { anyValue, choice, int, literal, optional, type Parameter, text } from './parameters.ts'
import { EvaluationError, type OttlValue, typeName } from './value.ts'

const delimiter = (name: string) =>
  optional(literal(text(name), value => (value === '' ? 'must not be empty' : undefined)))

/** A pattern; one that stands in the expression is compiled once. */
export function pattern(name: string): Parameter<Pattern> {
  const asText = text(name)
  return { name, read: value => patternOf(asText.read(value)) }
}

const patternsMax = 64
const patterns = new Map<string, Pattern>()

/** Patterns that come from data are remembered up to a bound. Throws `EvaluationError`. */
function patternOf(source: string): Pattern {
  const known = patterns.get(source)
  if (known !== undefined) return known
  let compiled: Pattern
  try {
    compiled = new Pattern(source)
  } catch (error) {
    throw new EvaluationError(error instanceof Error ? error.message : String(error))
  }
  if (patterns.size >= patternsMax) patterns.delete(patterns.keys().next().value!)
  patterns.set(source, compiled)
  return compiled
}

/** A pattern that names at least one of its groups. */
function namingPattern(name: string): Parameter<Pattern> {
  const any = pattern(name)
  return {
    name,
    read(value) {
      const found = any.read(value)
      if (found.groupNames.every(group => group === '')) throw new EvaluationError(`${name} must name a group`)
      return found
    },
  }
}

/** Converters of text to data. Names, arguments and meaning are the Collector's. */
export const parseFunctions: OttlFunctions = {
  ParseJSON: converter([text('target')], parseJson),
  ParseKeyValue: converter(
    [text('target'), delimiter('delimiter'), delimiter('pair_delimiter')],
    (target, between = '=', pairs = ' ') => {
      if (between === pairs) throw new EvaluationError('delimiter and pair_delimiter must differ')
      if (target === '') throw new EvaluationError('target must not be empty')
      const result = new Map<string, OttlValue>()
      for (const pair of splitQuoted(target, pairs)) {
        const at = pair.indexOf(between)
        if (at < 0) throw new EvaluationError(`${JSON.stringify(pair)} has no ${between}`)
        result.set(pair.slice(0, at).trim(), pair.slice(at + between.length).trim())
      }
      return result
    },
  ),
  ParseCSV: converter(
    [
      text('target'),
      text('header'),
      delimiter('delimiter'),
      delimiter('header_delimiter'),
      optional(choice('mode', 'strict', 'lazyQuotes', 'ignoreQuotes')),
    ],
    (target, header, given = ',', headerDelimiter = given, mode = 'strict') => {
      if (header === '') throw new EvaluationError('header must not be empty')
      const names = header.split(headerDelimiter)
      const fields = mode === 'ignoreQuotes' ? target.split(given) : parseCsvRow(target, given, mode === 'lazyQuotes')
      if (fields.length !== names.length) {
        throw new EvaluationError(`expected ${names.length} fields, found ${fields.length}`)
      }
      return new Map(names.map((name, i) => [name, fields[i]]))
    },
  ),
  ParseInt: converter([text('target'), int('base')], parseInteger),
  ExtractPatterns: converter([text('target'), namingPattern('pattern')], (target, wanted) => {
    const found = wanted.groups(target)
    if (found === undefined) return new Map()
    return new Map(wanted.groupNames.flatMap((name, i) => (name === '' ? [] : [[name, found[i]] as const])))
  }),
  URL: converter([text('uri')], parseUrl),
  Int: converter([anyValue('target')], toInt),
  Double: converter([anyValue('target')], toDouble),
  Bool: converter([anyValue('target')], toBool),
  Log: converter([anyValue('target')], target => {
    const value = toDouble(target)
    if (value === undefined || !(value > 0)) throw new EvaluationError('the logarithm needs a number above 0')
    return Math.log(value)
  }),
  Base64Decode: converter([text('target')], target => decodeBase64(target, 'base64')),
  Base64Encode: converter([text('target'), optional(text('variant'))], (target, variant = 'base64') => {
    const isUrl = variant.endsWith('-url')
    if (!base64Variants.includes(variant)) throw new EvaluationError(`unknown variant ${variant}`)
    const encoded = Buffer.from(target).toString('base64')
    const plain = variant.includes('-raw') ? encoded.replace(/=+$/, '') : encoded
    return isUrl ? plain.replaceAll('+', '-').replaceAll('/', '_') : plain
  }),
  Decode: converter([anyValue('target'), encoding('encoding')], (target, name) => {
    const isBytes = target instanceof Uint8Array
    if (typeof target !== 'string' && !isBytes) throw new EvaluationError(`cannot decode a ${typeName(target)}`)
    if (base64Variants.includes(name))
      return decodeBase64(isBytes ? Buffer.from(target).toString('latin1') : target, name)
    return new TextDecoder(name).decode(isBytes ? target : Buffer.from(target))
  }),
}

const base64Variants = ['base64', 'base64-raw', 'base64-url', 'base64-raw-url']

function encoding(name: string): Parameter<string> {
  const asText = text(name)
  return {
    name,
    read(value) {
      const wanted = asText.read(value)
      if (base64Variants.includes(wanted)) return wanted
      try {
        new TextDecoder(wanted)
        return wanted
      } catch {
        throw new EvaluationError(`unknown encoding ${wanted}`)
      }
    },
  }
}

function decodeBase64(source: string, variant: string): string {
  const isUrl = variant.endsWith('-url')
  const compact = source.replace(/[\r\n]/g, '')
  const digits = isUrl ? /^[A-Za-z0-9_-]*(={0,2})$/ : /^[A-Za-z0-9+/]*(={0,2})$/
  const padding = digits.exec(compact)?.[1]
  const isLengthRight = variant.includes('-raw') ? padding === '' && compact.length % 4 !== 1 : compact.length % 4 === 0
  if (padding === undefined || !isLengthRight) throw new EvaluationError('this is no base64')
  return Buffer.from(compact, isUrl ? 'base64url' : 'base64').toString()
}

/** JSON's numbers become doubles; the whole must be an object or a list. */
function parseJson(source: string): OttlValue {
  let parsed: unknown
  try {
    parsed = JSON.parse(source)
  } catch {
    throw new EvaluationError('target is no JSON')
  }
  if (typeof parsed !== 'object' || parsed === null) throw new EvaluationError('target is no JSON object or list')
  return fromJson(parsed)
}

function fromJson(value: unknown): OttlValue {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map(fromJson)
  if (typeof value !== 'object') return value as OttlValue
  return new Map(Object.entries(value).map(([key, member]) => [key, fromJson(member)]))
}

/** Parts between delimiters that stand outside of quotes; the quotes themselves go, empty parts too. */
function splitQuoted(source: string, delimiter: string): string[] {
  const parts: string[] = []
  let current = ''
  let quote = ''
  let isEscaped = false
  for (let i = 0; i < source.length; i++) {
    if (quote === '' && source.startsWith(delimiter, i)) {
      if (current !== '') parts.push(current)
      current = ''
      i += delimiter.length - 1
      continue
    }
    const letter = source[i]!
    if (isEscaped) isEscaped = false
    else if (quote === '' && (letter === '"' || letter === "'")) {
      quote = letter
      continue
    } else if (letter === quote) {
      quote = ''
      continue
    } else isEscaped = letter === '\\'
    current += letter
  }
  if (quote !== '') throw new EvaluationError('a quote is not closed')
  if (current !== '') parts.push(current)
  return parts
}

const int64Max = (1n << 63n) - 1n

function parseInteger(source: string, base: bigint): bigint {
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(source)!
  if (base < 0n || base === 1n || base > 36n) throw new EvaluationError(`${base} is no base`)
  const prefix = base === 0n ? /^0[xX]|^0[bB]|^0[oO]|^0(?=.)/.exec(digits)?.[0] : undefined
  const radix = base > 0n ? Number(base) : radixOf(prefix)
  const plain =
    base === 0n ? digits.slice(prefix?.length ?? 0).replace(/(?<=[0-9a-zA-Z])_(?=[0-9a-zA-Z])|^_/g, '') : digits
  let value = 0n
  for (const digit of plain) {
    const number = /[0-9a-zA-Z]/.test(digit) ? Number.parseInt(digit, 36) : Number.NaN
    if (!(number < radix)) throw new EvaluationError(`${JSON.stringify(source)} is no integer`)
    value = value * BigInt(radix) + BigInt(number)
  }
  if (plain === '' || value > int64Max + (sign === '-' ? 1n : 0n)) {
    throw new EvaluationError(`${JSON.stringify(source)} is no integer`)
  }
  return sign === '-' ? -value : value
}

function radixOf(prefix: string | undefined): number {
  if (prefix === undefined) return 10
  return { x: 16, b: 2 }[prefix[1]?.toLowerCase() ?? ''] ?? 8
}

function parseUrl(source: string): OttlValue {
  if (source === '') throw new EvaluationError('url must not be empty')
  if (source.startsWith('?')) return queryOf(source.slice(1))
  const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(source)
  const control = [...source].some(letter => letter < ' ' || letter === '\x7f')
  if (parts === null || control) throw new EvaluationError('target is no URL')
  const [, scheme = '', authority, rawPath = '', query, fragment] = parts
  // Behind a scheme without a slash, what follows is opaque.
  const isOpaque = scheme !== '' && authority === undefined && !rawPath.startsWith('/')
  const path = isOpaque ? '' : decodePercent(rawPath)
  const result = new Map<string, OttlValue>([
    ['url.original', scheme.toLowerCase() + source.slice(scheme.length)],
    ['url.scheme', scheme.toLowerCase()],
    ['url.path', path],
  ])
  const at = authority?.lastIndexOf('@') ?? -1
  const host = authority?.slice(at + 1) ?? ''
  const [, domain = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(host) ?? []
  if (host !== '' && domain === '' && port === '') throw new EvaluationError('target has no valid host')
  result.set('url.domain', domain.replace(/^\[|\]$/g, ''))
  if (port !== '') result.set('url.port', BigInt(port))
  if (fragment !== undefined && fragment !== '') result.set('url.fragment', decodePercent(fragment))
  if (at >= 0) {
    const userInfo = authority!.slice(0, at)
    const [name = '', ...rest] = userInfo.split(':')
    result.set('url.user_info', userInfo)
    if (name !== '') result.set('url.username', decodePercent(name))
    if (rest.length > 0) result.set('url.password', decodePercent(rest.join(':')))
  }
  if (query !== undefined && query !== '') result.set('url.query', query)
  const extension = /\.([^.]+)$/s.exec(path)?.[1]
  if (extension !== undefined) result.set('url.extension', extension)
  return result
}

/** A query alone: each name with all its values. */
function queryOf(source: string): OttlValue {
  const names = new Map<string, OttlValue[]>()
  for (const pair of source.split('&')) {
    if (pair === '') continue
    const [name = '', ...rest] = pair.split('=')
    const key = decodePercent(name.replaceAll('+', ' '))
    names.set(key, [...(names.get(key) ?? []), decodePercent(rest.join('=').replaceAll('+', ' '))])
  }
  return new Map<string, OttlValue>(names.size === 0 ? [] : [['query', names]])
}

function decodePercent(source: string): string {
  try {
    return decodeURIComponent(source)
  } catch {
    throw new EvaluationError('target has a percent sign without two hex digits')
  }
}

function toInt(value: OttlValue): OttlValue {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') {
    const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : int64Max + 1n
    // What does not fit becomes the least, as on the processors that the Collector runs on.
    return BigInt.asIntN(64, whole) === whole ? whole : -int64Max - 1n
  }
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'string') {
    const whole = /^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, '')) : undefined
    return whole !== undefined && BigInt.asIntN(64, whole) === whole ? whole : undefined
  }
  return noNumber(value, 'an int')
}

/** nil stays nil; what cannot be converted at all fails. */
function noNumber(value: OttlValue, wanted: string): undefined {
  if (value !== undefined) throw new EvaluationError(`no ${wanted} can be made of a ${typeName(value)}`)
  return undefined
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const hexadecimal = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/i

function toDouble(value: OttlValue): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  if (typeof value !== 'string') return noNumber(value, 'double')
  if (decimal.test(value) && Number.isFinite(Number(value))) return Number(value)
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(value)
  if (special !== null) {
    if (special[2]!.toLowerCase() === 'nan') return Number.NaN
    return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  const [, sign, whole = '', fraction = '', exponent] = hexadecimal.exec(value) ?? []
  if (exponent === undefined || whole + fraction === '')
    throw new EvaluationError(`${JSON.stringify(value)} is no double`)
  const digits = Number.parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -digits : digits
}

function toBool(value: OttlValue): OttlValue {
  if (typeof value === 'boolean') return value
  if (typeof value === 'bigint' || typeof value === 'number') return Number(value) !== 0
  if (typeof value !== 'string') return noNumber(value, 'bool')
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false
  throw new EvaluationError(`${JSON.stringify(value)} is no bool`)
}
