import type { Detection } from './detection.ts'
import { detectKeyedValue, detectNamedId, type ValueForm, wholeValueFlags } from './keyed-values.ts'
import { contextual, detectNumber } from './numbers.ts'
import { isDigit, isSpace, latin1, matchesFolded } from './text-bytes.ts'

const headMax = 2048
const rowsMax = 64
const head = /^\s*(?:insert|replace)\s+(?:ignore\s+)?into\s+[^\s()]{1,128}\s*\(([^()]{1,1536})\)\s*values?\s*/i
const columnsMax = 1024

/** The same anywhere in a text, for a column whose name ends before `at`. */
export function detectInsertAround(d: Detection, at: number): void {
  const first = Math.max(d.start, at - columnsMax)
  const before = latin1(d.bytes, first, at)
  const from = before.search(statement)
  if (from >= 0 && first + from > d.insertStart) detectInsert(d, first + from)
}

/** The last statement whose list of columns is still open at the end. */
const statement = /(?:insert|replace)\s+(?:ignore\s+)?into\s+[^\s()]{1,128}\s*\([^()]*$/i

const quotedForm: ValueForm = { isCertain: false, isProse: false, isParameter: false, isQuoted: true }
const bareForm: ValueForm = { isCertain: false, isProse: false, isParameter: false, isQuoted: false }

/** `INSERT INTO users (id, password) VALUES (7, 'x')`: the columns are the names of the values. */
export function detectInsert(d: Detection, start: number): void {
  const { bytes, end } = d
  d.insertStart = start
  let at = start
  while (at < end && isSpace(bytes[at]!)) at++
  if (!matchesFolded(bytes, at, end, 'insert') && !matchesFolded(bytes, at, end, 'replace')) return
  const match = head.exec(latin1(bytes, start, Math.min(end, start + headMax)))
  if (match === null) return
  const columns = match[1]!.split(',').map(column => column.replace(/[\s"'`[\]\\]/g, ''))
  const infos = columns.map(column => d.settings.keys.get(column))
  if (!infos.some(({ flags, nationalIds }) => (flags & (wholeValueFlags | contextual)) !== 0 || nationalIds !== 0))
    return
  let offset = start + match[0].length
  for (let row = 0; row < rowsMax && bytes[offset] === 0x28; row++) {
    for (let i = 0; offset < end && bytes[offset] !== 0x29; i++) {
      offset++
      while (offset < end && bytes[offset] === 0x20) offset++
      const quote = bytes[offset]!
      const isQuoted = quote === 0x27 || quote === 0x22
      const from = isQuoted ? offset + 1 : offset
      const to = isQuoted ? closingQuote(bytes, from, end, quote) : bareEnd(bytes, from, end)
      const info = infos[i]
      if (info !== undefined && to > from) {
        if ((info.flags & wholeValueFlags) !== 0)
          detectKeyedValue(d, info.flags, columns[i]!, from, to, isQuoted ? quotedForm : bareForm)
        if (info.nationalIds !== 0) detectNamedId(d, from, to)
        if ((info.nationalIds !== 0 || (info.flags & contextual) !== 0) && isDigit(bytes[from]!)) {
          const { key } = d
          d.key = info
          detectNumber(d, from)
          d.key = key
        }
      }
      offset = isQuoted ? to + 1 : to
      while (offset < end && bytes[offset] !== 0x2c && bytes[offset] !== 0x29) offset++
    }
    offset++
    while (offset < end && (isSpace(bytes[offset]!) || bytes[offset] === 0x2c)) offset++
  }
}

/** Two quotes in a row, or one behind a backslash, stand for one in the text. */
function closingQuote(bytes: Uint8Array, from: number, end: number, quote: number): number {
  let at = from
  while (at < end) {
    if (bytes[at] === 0x5c) at++
    else if (bytes[at] === quote) {
      if (bytes[at + 1] !== quote) return at
      at++
    }
    at++
  }
  return end
}

function bareEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== 0x2c && bytes[at] !== 0x29) at++
  return at
}
