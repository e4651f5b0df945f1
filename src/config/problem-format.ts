import type { Problem } from './problem.ts'
import { maskedLine } from './secret-text.ts'
import { lineColumn, type Place } from './tree.ts'

export type Paint = (style: 'red' | 'yellow' | 'cyan' | 'bold' | 'dim' | 'green', text: string) => string

const noPaint: Paint = (_style, text) => text
const lineCharactersMax = 160

export function formatPlace(place: Place | undefined): string {
  if (place === undefined) return ''
  const { line, column } = lineColumn(place.source, place.start)
  return `${place.source.name}:${line}:${column}`
}

/** The source line of a place, and carets under the range. Tabs stay tabs above, and count as one column below. */
function sourceExcerpt(place: Place, paint: Paint = noPaint): string {
  const { line, column } = lineColumn(place.source, place.start)
  const lineStart = place.start - (column - 1)
  const lineEnd = place.source.text.indexOf('\n', lineStart)
  const whole = place.source.text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).replace(/\r$/, '')
  const cut = column - 1 > lineCharactersMax / 2 ? column - 1 - lineCharactersMax / 2 : 0
  const shown = maskedLine(place.source, lineStart, whole).slice(cut, cut + lineCharactersMax)
  const width = Math.max(1, Math.min(place.end, lineStart + whole.length) - place.start)
  const pad = shown.slice(0, column - 1 - cut).replace(/[^\t]/g, ' ')
  const carets = '^'.repeat(Math.max(1, Math.min(width, lineCharactersMax - pad.length)))
  const gutter = String(line).padStart(5)
  return `${paint('dim', `${gutter} |`)} ${shown}\n${paint('dim', '      |')} ${pad}${paint('red', carets)}`
}

/** One problem as a terminal shows it. */
export function formatProblem(problem: Problem, paint: Paint = noPaint): string {
  const color = problem.severity === 'error' ? 'red' : 'yellow'
  const label = paint(color, `${problem.severity}[${problem.code}]`)
  const place = formatPlace(problem.place)
  const lines = [`${place === '' ? '' : `${paint('bold', place)}: `}${label}: ${problem.message}`]
  if (problem.place !== undefined) lines.push(sourceExcerpt(problem.place, paint))
  if (problem.place?.origin !== undefined) {
    lines.push(`      = the value comes from ${problem.place.origin}, through ${problem.place.placeholder}`)
  }
  for (const related of problem.related) {
    lines.push(`      = ${related.message}: ${formatPlace(related.place)}`)
  }
  if (problem.remedy !== undefined) lines.push(`      ${paint('cyan', '= help:')} ${problem.remedy}`)
  return lines.join('\n')
}

export function formatProblemsText(problems: readonly Problem[], paint: Paint = noPaint): string {
  return problems.map(problem => formatProblem(problem, paint)).join('\n\n')
}
