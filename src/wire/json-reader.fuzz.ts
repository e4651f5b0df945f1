import { SeededRandom } from '../testkit/seeded-random.ts'
import { JsonReader } from './json-reader.ts'

const pieces = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"a"',
  '"\\u00e9"',
  '"',
  '\\',
  '1',
  '-',
  '0',
  '.5',
  'e9',
  'true',
  'null',
  ' ',
  '\n',
  'é',
  '\u0001',
]
const documents = ['{"a":[1,2.5e3,"x\\n",{"b":null}],"c":true}', '[[],{},"",0,-1e-7,false]']

/** Reads `count` inputs made from `seed`; throws where the reader and `JSON.parse` disagree. Returns `count`. */
export function fuzzJsonReader(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  const reader = new JsonReader()
  for (let i = 0; i < count; i++) {
    const text = random.chance(0.5) ? pieced(random) : mutated(random)
    const expected = parses(text)
    let isTaken = true
    try {
      reader.reset(Buffer.from(text)).skipValue()
      reader.finish()
    } catch (error) {
      if ((error as Error).name !== 'JsonError') throw error
      isTaken = false
    }
    if (isTaken !== expected) throw new Error(`input ${i} of seed ${seed}: ${JSON.stringify(text)}`)
  }
  return count
}

function pieced(random: SeededRandom): string {
  let text = ''
  for (let left = random.below(10); left >= 0; left--) text += random.pick(pieces)
  return text
}

function mutated(random: SeededRandom): string {
  const text = random.pick(documents)
  const at = random.below(text.length)
  return text.slice(0, at) + (random.chance(0.5) ? random.pick(pieces) : '') + text.slice(at + random.below(3))
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
