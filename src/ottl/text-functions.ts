import { jsText } from '../processor-helper/value-text.ts'
import { formatGo } from './format.ts'
import { converter, type OttlFunctions } from './function.ts'
import { choice, flag, int, list, literal, map, optional, text, textLike, textOf } from './parameters.ts'
import { EvaluationError } from './value.ts'

/** Converters of text to text. Names, arguments and meaning are the Collector's. */
export const textFunctions: OttlFunctions = {
  HasPrefix: converter([text('target'), text('prefix')], (target, prefix) => target.startsWith(prefix)),
  HasSuffix: converter([text('target'), text('suffix')], (target, suffix) => target.endsWith(suffix)),
  ToLowerCase: converter([text('target')], target => target.toLowerCase()),
  ToUpperCase: converter([text('target')], target => target.toUpperCase()),
  ToSnakeCase: converter([text('target')], snakeCase),
  ToCamelCase: converter([text('target')], camelCase),
  ConvertCase: converter([text('target'), choice('to_case', 'lower', 'upper', 'snake', 'camel')], (target, toCase) => {
    if (toCase === 'lower') return target.toLowerCase()
    if (toCase === 'upper') return target.toUpperCase()
    return toCase === 'snake' ? snakeCase(target) : camelCase(target)
  }),
  Trim: converter([text('target'), optional(literal(text('replacement')))], (target, cut = ' ') => trim(target, cut)),
  TrimPrefix: converter([text('target'), text('prefix')], (target, prefix) =>
    target.startsWith(prefix) ? target.slice(prefix.length) : target,
  ),
  TrimSuffix: converter([text('target'), text('suffix')], (target, suffix) =>
    target.endsWith(suffix) ? target.slice(0, target.length - suffix.length) : target,
  ),
  Concat: converter([list('vals'), text('delimiter')], (vals, delimiter) =>
    vals.map(value => textOf(value) ?? '<nil>').join(delimiter),
  ),
  Split: converter([text('target'), text('delimiter')], (target, delimiter) =>
    delimiter === '' ? [...target] : target.split(delimiter),
  ),
  Substring: converter(
    [text('target'), int('start'), int('length'), optional(literal(flag('utf8_safe')))],
    (target, start, length, isUtf8Safe = false) => substring(Buffer.from(target), start, length, isUtf8Safe),
  ),
  Format: converter([literal(text('format')), list('vals')], formatGo),
  String: converter([textLike('target')], target => target),
  IsValidLuhn: converter([textLike('target')], isValidLuhn),
  ToKeyValueString: converter(
    [
      map('target'),
      optional(literal(text('delimiter'), notEmpty)),
      optional(literal(text('pair_delimiter'), notEmpty)),
      optional(literal(flag('sort_output'))),
    ],
    (target, delimiter = '=', pairDelimiter = ' ', isSorted = false) => {
      const quote = (part: string) => {
        const escaped = part.replaceAll('"', '\\"')
        return escaped.includes(pairDelimiter) || escaped.includes(delimiter) ? `"${escaped}"` : escaped
      }
      const members = [...target]
      if (isSorted) members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      return members
        .map(([key, value]) => `${quote(key)}${delimiter}${quote(jsText(value as never))}`)
        .join(pairDelimiter)
    },
  ),
}

function notEmpty(value: string): string | undefined {
  return value === '' ? 'must not be empty' : undefined
}

/** Characters of `cut` are taken off both ends. */
function trim(target: string, cut: string): string {
  const cuts = new Set(cut)
  const characters = [...target]
  let start = 0
  let end = characters.length
  while (start < end && cuts.has(characters[start]!)) start++
  while (end > start && cuts.has(characters[end - 1]!)) end--
  return characters.slice(start, end).join('')
}

/** Offsets and lengths are in bytes of UTF-8, as in the Collector. */
function substring(bytes: Buffer, start: bigint, length: bigint, isUtf8Safe: boolean): string {
  if (start < 0n || length <= 0n || start + length > BigInt(bytes.length)) {
    throw new EvaluationError(`start ${start} and length ${length} are not inside the text of ${bytes.length} bytes`)
  }
  let from = Number(start)
  let to = Number(start + length)
  if (isUtf8Safe) {
    while (from < bytes.length && isContinuation(bytes[from])) from++
    while (from < to && to < bytes.length && isContinuation(bytes[to])) to--
  }
  return bytes.toString('utf8', from, Math.max(from, to))
}

/** Whether a byte of UTF-8 is not the first of its character. */
export function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

function isValidLuhn(target: string | undefined): boolean {
  const digits = (target ?? '').replaceAll(' ', '')
  if (target === undefined || !/^[0-9]*$/.test(digits)) throw new EvaluationError('target must be digits')
  if (digits === '') return false
  let sum = 0
  for (let i = digits.length - 1, isDoubled = false; i >= 0; i--, isDoubled = !isDoubled) {
    const digit = Number(digits[i]) * (isDoubled ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
  }
  return sum % 10 === 0
}

const isUpper = (letter: string | undefined) => letter !== undefined && letter >= 'A' && letter <= 'Z'
const isLower = (letter: string | undefined) => letter !== undefined && letter >= 'a' && letter <= 'z'
const isDigit = (letter: string | undefined) => letter !== undefined && letter >= '0' && letter <= '9'

/** `JSONData2` becomes `json_data_2`: a word ends where small letters, capitals and digits change, and at separators. */
function snakeCase(target: string): string {
  const letters = [...target.trim()]
  let out = ''
  for (const [i, letter] of letters.entries()) {
    const next = letters[i + 1]
    if (' _-.'.includes(letter)) {
      out += '_'
      continue
    }
    const startsWord = isUpper(letter) && isLower(next) && isUpper(letters[i - 1])
    out += `${startsWord ? '_' : ''}${isUpper(letter) ? letter.toLowerCase() : letter}`
    const endsWord =
      (isLower(letter) && (isUpper(next) || isDigit(next))) ||
      (isUpper(letter) && isDigit(next)) ||
      (isDigit(letter) && (isUpper(next) || isLower(next)))
    if (endsWord) out += '_'
  }
  return out
}

/** `my_metric-name` becomes `MyMetricName`; of several capitals in a row all but the first become small. */
function camelCase(target: string): string {
  const letters = [...target.trim()]
  let out = ''
  let startsWord = true
  for (const [i, letter] of letters.entries()) {
    if (isUpper(letter) || isLower(letter)) {
      const isInner = !startsWord && isUpper(letters[i - 1]) && isUpper(letter)
      out += startsWord ? letter.toUpperCase() : isInner ? letter.toLowerCase() : letter
      startsWord = false
    } else if (isDigit(letter)) {
      out += letter
      startsWord = true
    } else startsWord = ' _-.'.includes(letter)
  }
  return out
}
