import type { Detection } from './detection.ts'
import { keyCommand, keyQueryCode } from './key-flags.ts'
import { detectKeyedValue, detectNamedId, wholeValueFlags } from './keyed-values.ts'
import { looksRandom } from './randomness.ts'
import { latin1 } from './text-bytes.ts'
import { ValueRange } from './value-range.ts'

const range = new ValueRange()
const form = { isCertain: false, isProse: false, isParameter: false, isQuoted: false }
/** The names whose values are taken wherever they stand. */
export const pairFlags = wholeValueFlags & ~(keyCommand | keyQueryCode)

const lookAhead = 160
const lookBack = 512
const quote = String.raw`\\*["'\`]`
const keyNames = 'name|key|header|field|param|parameter|k'
const valueNames = 'value|val|v|content|stringvalue|string_value'
/** What opens a member that holds a name, or the first item of a pair. */
const nameOpening = new RegExp(`${quote}(?:${keyNames})${quote}\\s*[:=]\\s*${quote}$`, 'i')
const tupleOpening = new RegExp(`[[(]\\s*${quote}$`)
/** An option among a command's arguments. */
const optionOpening = new RegExp(`[[,]\\s*${quote}$`)
const valueBehind = new RegExp(
  `^${quote}\\s*,\\s*${quote}(?:${valueNames})${quote}\\s*[:=]\\s*(?:\\{\\s*${quote}(?:${valueNames})${quote}\\s*:\\s*)?(?=${quote})`,
  'i',
)
const itemBehind = new RegExp(`^${quote}\\s*(?:,|=>)\\s*(?=\\[?\\s*b?${quote})`)
const valueBefore = new RegExp(
  `${quote}(?:${valueNames})${quote}\\s*[:=]\\s*(?:\\{\\s*${quote}(?:${valueNames})${quote}\\s*:\\s*)?(\\\\*["'\`])((?:(?!\\1).)*)\\1\\s*\\}?\\s*,\\s*${quote}(?:${keyNames})${quote}\\s*[:=]\\s*${quote}$`,
  'is',
)
/** `<add key="x" value="y"/>` */
const memberOpening = /\s(?:name|key|id)\s*=\s*\\*["']$/i
const memberBehind = /^\\*["']\s+(?:value|val)\s*=\s*(?=\\*["'])/i
/** YAML's list of variables. */
const lineBehind = /^(?:\s*(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n))\s*(?:value|val)\s*:\s*/i
const lineOpening = /(?:^|[\s-])(?:name|key)\s*:\s*$/i
/** A part of a form: headers, an empty line, the value. */
const partOpening = /\bname=\\*["']?$/i
const partBehind = /^\\*["']?(?:;[^\r\n\\]*)?(?:(?:\r?\n|\\r\\n|\\n)[A-Za-z-]+:[^\r\n\\]*){0,3}(?:\r?\n|\\r\\n|\\n){2}/

/** A secret's name in `bytes[from, to)` that is itself a value: `{"name":"X-Api-Key","value":"..."}`, `("x-api-key", "...")`. */
export function detectNamedPair(d: Detection, name: string, from: number, to: number): void {
  const { bytes, start, end } = d
  const info = d.settings.keys.get(name)
  const flags = info.flags & pairFlags
  if (flags === 0 && info.nationalIds === 0) return
  const before = latin1(bytes, Math.max(start, from - 48), from)
  const behind = latin1(bytes, to, Math.min(end, to + lookAhead))
  const value = nameOpening.test(before)
    ? (valueBehind.exec(behind)?.[0] ?? '')
    : tupleOpening.test(before) && !name.startsWith('-')
      ? (itemBehind.exec(behind)?.[0] ?? '')
      : name.startsWith('-') && optionOpening.test(before)
        ? (itemBehind.exec(behind)?.[0] ?? '')
        : lineOpening.test(before)
          ? (lineBehind.exec(behind)?.[0] ?? '')
          : memberOpening.test(before)
            ? (memberBehind.exec(behind)?.[0] ?? '')
            : ''
  if (value !== '') {
    range.read(bytes, bytes[to + value.length] === 0x62 ? to + value.length + 1 : to + value.length, end)
    if (!tupleOpening.test(before) || isPairOnly(d)) take(d, flags, name)
    return
  }
  if (partOpening.test(before)) {
    const head = partBehind.exec(behind)
    if (head === null) return
    range.read(bytes, to + head[0].length, end)
    range.extendToSpace(bytes, end)
    take(d, flags, name)
  } else if (nameOpening.test(before)) takeBefore(d, flags, name, from)
}

/** Whether the list ends behind its second item, and that is no word: `['username', 'password', 'host']` are names. */
function isPairOnly({ bytes, end }: Detection): boolean {
  let at = range.end
  while (
    at < end &&
    (bytes[at] === 0x5c || bytes[at] === 0x22 || bytes[at] === 0x27 || bytes[at] === 0x60 || bytes[at] === 0x20)
  )
    at++
  const text = latin1(bytes, range.start, range.end)
  const isLast = at >= end || bytes[at] === 0x5d || bytes[at] === 0x29
  // A list of headers goes on: the value itself has to look like one.
  return isLast ? !/^[a-z_]+$/.test(text) : bytes[at] === 0x2c && text.length >= 16 && looksRandom(text)
}

/** `{"value":"...","key":"password"}` */
function takeBefore(d: Detection, flags: number, name: string, from: number): void {
  const first = Math.max(d.start, from - lookBack)
  const match = valueBefore.exec(latin1(d.bytes, first, from))
  if (match === null || match[2] === '') return
  range.start = first + match.index + match[0].lastIndexOf(match[1]! + match[2]! + match[1]!) + match[1]!.length
  range.end = range.start + match[2]!.length
  take(d, flags, name)
}

function take(d: Detection, flags: number, name: string): void {
  form.isQuoted = range.isQuoted
  if (range.end > range.start) detectKeyedValue(d, flags, name, range.start, range.end, form)
  if (range.end > range.start && d.settings.keys.get(name).nationalIds !== 0) detectNamedId(d, range.start, range.end)
}
