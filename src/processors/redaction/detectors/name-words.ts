/** Tables of names are emptied at so many entries: names may come from anyone. */
export const tableEntriesMax = 8192

/** Splits a name into lower-case words: at anything that is no letter or digit, and where camelCase turns. */
export function nameWords(name: string): string[] {
  return name
    .replace(/IDs(?![a-z])/g, 'Ids')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '')
}

const wordsOfNames = new Map<string, readonly string[]>()

/** The same from memory: for names, the same few of which come again and again. */
export function wordsOfName(name: string): readonly string[] {
  let words = wordsOfNames.get(name)
  if (words === undefined) {
    words = nameWords(name)
    if (wordsOfNames.size >= tableEntriesMax) wordsOfNames.clear()
    wordsOfNames.set(name, words)
  }
  return words
}
