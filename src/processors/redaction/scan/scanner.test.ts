import t from 'tap'
import { SeededRandom } from '../../../testkit/seeded-random.ts'
import { Candidates } from './candidates.ts'
import { builtInLiterals, literalTables } from './literals.ts'
import { PlainScanner } from './plain-scanner.ts'
import { WasmScanner } from './wasm-scanner.ts'

const tables = literalTables()
const plain = new PlainScanner(tables)
const wasm = new WasmScanner(tables)
const pieces = [
  'alice@example.com',
  '4111 1111 1111 1111',
  'password=',
  'Bearer ',
  ' ',
  '12-34-5678',
  'ghp_abcdefghijklmnop',
  '\u0000',
  '/home/x',
  'a'.repeat(17),
  'a'.repeat(18),
  '1234567',
  '123456',
  '%40',
  '::1',
  'é日本',
  '-',
  '/',
  '.',
  '.5',
  '0'.repeat(70),
]

function found(scanner: PlainScanner | WasmScanner, bytes: Uint8Array, start = 0, end = bytes.length): number[] {
  const candidates = new Candidates()
  scanner.scan(bytes, start, end, candidates)
  return [...candidates.values.subarray(0, candidates.count)]
}

t.test('both scanners find the same candidates in random text and bytes', async t => {
  const random = new SeededRandom(1)
  for (let round = 0; round < 400; round++) {
    const parts: Uint8Array[] = []
    for (let i = random.below(30); i > 0; i--) {
      parts.push(random.chance(0.2) ? random.bytes(random.below(40)) : Buffer.from(random.pick(pieces)))
    }
    const bytes = Buffer.concat(parts)
    const start = random.below(bytes.length + 1)
    t.same(found(wasm, bytes), found(plain, bytes))
    t.same(found(wasm, bytes, start), found(plain, bytes, start))
  }
})

t.test('candidates at the seams of the pieces are the same', async t => {
  const random = new SeededRandom(2)
  for (const size of [32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 70_000]) {
    const bytes = Buffer.alloc(size, ' ')
    for (let i = 0; i < size - 80; i += 1 + random.below(90)) bytes.write(random.pick(pieces), i)
    bytes.write('4111111111111111', 32 * 1024 - 9)
    t.same(found(wasm, bytes), found(plain, bytes))
  }
})

t.test('each literal is a candidate at its last byte, small letters in either case', async t => {
  for (const literal of builtInLiterals) {
    for (const text of [literal, literal.replace(/[a-z]/g, letter => letter.toUpperCase())]) {
      const bytes = Buffer.from(`  ${text.replaceAll('?', 'z')}  `, 'latin1')
      t.ok(found(wasm, bytes).includes(5 << 2), text)
    }
  }
})

t.test('runs count from their seventh place and their seventeenth token byte', async t => {
  const runs = (text: string) => found(wasm, Buffer.from(text)).filter(value => (value & 3) !== 0)
  t.same(runs('123456'), [])
  t.same(runs('1234567'), [(7 << 2) | 1], 'one byte late')
  t.same(runs('12-34.5'), [(7 << 2) | 1], 'single separators are part of the run')
  t.same(runs('12--34.5'), [])
  t.same(runs('z'.repeat(16)), [])
  t.same(runs('z'.repeat(40)), [(16 << 2) | 2])
})
