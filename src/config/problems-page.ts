import { problemCodes } from './problem-codes.ts'

const groups = [
  ['SLC01', 'YAML, keys and values'],
  ['SLC02', 'Sources and placeholders'],
  ['SLC03', 'Components and pipelines'],
  ['SLC04', 'The machine'],
] as const

/** `docs/problems.md`: every code with its meaning, from the table that `sluice explain` reads. */
export function problemsPage(): string {
  const sections = groups.map(([prefix, title]) => {
    const entries = Object.entries(problemCodes).filter(([code]) => code.startsWith(prefix))
    const rows = entries.map(([code, [name, text]]) => `| ${code} | ${cell(name)} | ${cell(text)} |`)
    return `## ${title}\n\n| Code | Problem | Meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n`
  })
  const head =
    '# Problems\n\nWritten by `npm run generate` from `src/config/problem-codes.ts`. Codes are stable: scripts may rely on them.'
  return `${head}\n\n${sections.join('\n')}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
