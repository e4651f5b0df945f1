import type { SeededRandom } from './seeded-random.ts'

const atoms = [
  'a',
  'b',
  'k',
  '[a-c]',
  '[^a]',
  '\\d',
  '\\w',
  '.',
  'é',
  '[é-ü]',
  '(?i:K)',
  '\\x41',
  '\\.',
  '[[:digit:]_]',
  '\\b',
  '^',
  '$',
]
const repeats = ['', '', '', '?', '*', '+', '{2}', '{1,3}', '{2,}', '+?', '{300}']
const letters = ['a', 'b', 'c', 'k', 'K', 'A', '.', ' ', '0', '7', '_', 'é', 'ü', '\u212a', '€', '\n', 'aaa']

/** A pattern in RE2's syntax, or nearly: nested counts may be more than it takes. */
export function somePattern(random: SeededRandom, depth: number): string {
  const parts = Array.from({ length: 1 + random.below(3) }, () => {
    const atom = depth > 0 && random.chance(0.3) ? `(${somePattern(random, depth - 1)})` : random.pick(atoms)
    return atom + (/^[\\b^$]+$/.test(atom) && atom !== 'b' ? '' : random.pick(repeats))
  })
  return random.chance(0.2) ? `${parts.join('')}|${random.pick(atoms)}` : parts.join('')
}

/** Text of up to 29 of the characters that those patterns are about. */
export function someText(random: SeededRandom): string {
  return Array.from({ length: random.below(30) }, () => random.pick(letters)).join('')
}
