import { EvaluationError } from './value.ts'

/**
 * Fields of one row, quotes as RFC 4180 has them; `isLazy` takes a quote inside a field as it is. A line break outside of
 * quotes belongs to the field that it stands in. Throws `EvaluationError`.
 */
export function parseCsvRow(source: string, delimiter: string, isLazy: boolean): string[] {
  const row = source.replace(/^[\r\n]+|[\r\n]+$/g, '')
  if (row === '') throw new EvaluationError('there is no row')
  const fields: string[] = []
  let at = 0
  while (true) {
    const field = row[at] === '"' ? quoted(row, at, delimiter, isLazy) : bare(row, at, delimiter, isLazy)
    fields.push(field.text)
    if (field.end >= row.length) return fields
    at = field.end + delimiter.length
  }
}

interface Field {
  readonly text: string
  /** Where its delimiter stands, or the end of the row. */
  readonly end: number
}

function bare(row: string, start: number, delimiter: string, isLazy: boolean): Field {
  const found = row.indexOf(delimiter, start)
  const end = found < 0 ? row.length : found
  const text = row.slice(start, end)
  if (!isLazy && text.includes('"')) throw new EvaluationError('a quote stands inside a field without quotes')
  return { text, end }
}

function quoted(row: string, start: number, delimiter: string, isLazy: boolean): Field {
  let text = ''
  for (let at = start + 1; at < row.length; at++) {
    if (row[at] !== '"') {
      text += row[at]
      continue
    }
    const next = at + 1
    if (row[next] === '"') {
      text += '"'
      at++
    } else if (next >= row.length || row.startsWith(delimiter, next)) return { text, end: next }
    else if (isLazy) text += '"'
    else throw new EvaluationError('something follows a closing quote')
  }
  if (isLazy) return { text, end: row.length }
  throw new EvaluationError('a quote is not closed')
}
