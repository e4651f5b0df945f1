import { styleText } from 'node:util'
import type { Paint } from '../config/problem-format.ts'
import type { CliWorld, OutputStream } from './command.ts'

const plain: Paint = (_style, text) => text

/** Colors where somebody looks: a terminal, and no NO_COLOR; FORCE_COLOR wins over both, as in Node. */
export function paintFor(stream: OutputStream, env: CliWorld['env']): Paint {
  const isForced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== ''
  const isRefused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb' || env['FORCE_COLOR'] === '0'
  const isColored = isForced || (stream.isTTY === true && !isRefused)
  return isColored ? (style, text) => styleText(style, text, { validateStream: false }) : plain
}

/** Columns of a table, aligned; the last one is not padded. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  return rows.map(row =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}

/** Text broken at spaces so that no line is longer than `width`, each after the first with `indent` spaces. */
export function wrapText(text: string, width: number, indent = 0): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width - indent) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  lines.push(line)
  return lines.join(`\n${' '.repeat(indent)}`)
}
