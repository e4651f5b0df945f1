import { secretKeyPattern } from './secret-key.ts'
import type { Place, SourceText } from './tree.ts'

/** Text of that shape is a key or a token more often than not. */
const tokenPattern = /(?=[\w+/=.-]*\d)(?=[\w+/=.-]*[A-Za-z])[\w+/=-]{24,}/g

const secretRanges = new WeakMap<SourceText, { start: number; end: number }[]>()

/** Remembers that a secret stands there, so that no excerpt of the source shows it. */
export function noteSecret(place: Place): void {
  if (place.placeholder !== undefined) return
  const ranges = secretRanges.get(place.source) ?? []
  ranges.push({ start: place.start, end: place.end })
  secretRanges.set(place.source, ranges)
}

/** The name in a placeholder says where a value comes from, which is what a reader needs; a default is a value. */
const variableName = /\$\{(?:env:)?[A-Za-z_]\w*\}?/g

/** A line of a source with its secrets as asterisks, of the same length, so that carets still stand right. */
export function maskedLine(source: SourceText, lineStart: number, line: string): string {
  let masked = line.replace(
    /(["']?([\w.-]+)["']?\s*[:=]\s*)("[^"]*"?|'[^']*'?|\$\{[^}]*\}?|[^\s,{}[\]]+(?:[ \t]+[^\s,{}[\]#:]+)*)/g,
    (whole, head: string, key: string, value: string) => (secretKeyPattern.test(key) ? head + stars(value) : whole),
  )
  masked = masked
    .replace(tokenPattern, stars)
    .replace(/(:\/\/)([^/@\s]+)(?=@)/g, (_all, head, user) => head + stars(user))
  for (const { start, end } of secretRanges.get(source) ?? []) {
    const from = Math.max(0, start - lineStart)
    const to = Math.min(line.length, end - lineStart)
    if (from < to) masked = masked.slice(0, from) + stars(masked.slice(from, to)) + masked.slice(to)
  }
  for (const { index, 0: name } of line.matchAll(variableName)) {
    masked = masked.slice(0, index) + name + masked.slice(index + name.length)
  }
  return masked
}

const stars = (text: string) => '*'.repeat(text.length)
