import { type DescribedKey, dottedPath } from '../config/describe.ts'
import type { Paint } from '../config/problem-format.ts'
import { wrapText } from './terminal.ts'

/** Keys with type and default on one line and their meaning below, so that narrow terminals show them whole. */
export function keyListText(keys: readonly DescribedKey[], prefixLength: number, width: number, paint: Paint): string {
  return keys.map(key => `${keyText(key, prefixLength, width, paint)}\n`).join('')
}

function keyText(key: DescribedKey, prefixLength: number, width: number, paint: Paint): string {
  const name = dottedPath(key.path.slice(prefixLength))
  const facts = [typeOf(key), ...(key.defaultText === '' ? [] : [`default ${key.defaultText}`])].join(', ')
  const meaning = [key.doc, key.notes.length === 0 ? '' : `(${key.notes.join('; ')})`]
    .filter(text => text !== '')
    .join(' ')
  const head = wrapText(`${paint('bold', name)}: ${paint('dim', facts)}`, width, 6)
  return meaning === '' ? `  ${head}` : `  ${head}\n      ${wrapText(meaning, width, 6)}`
}

/** Without the escapes of Markdown tables. */
export function typeOf(key: DescribedKey): string {
  return key.type.replaceAll('\\|', '|')
}

/** Columns of whoever reads; a pipe gets room for long lines. */
export function widthOf(stream: { readonly columns?: number }): number {
  return Math.max(60, Math.min(stream.columns ?? 100, 120))
}
