import t from 'tap'
import { EditScript, runOnPlain, sortAttributes } from '../testkit/edit-script.ts'
import { decodePlain, encodePlain, type Plain } from '../testkit/otlp-oracle.ts'
import { randomRequest, walkedSignals } from '../testkit/request-variants.ts'
import { replaceInPlain, secret, secretReplacer } from '../testkit/secret-replacer.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { RangeEdits } from './range-edits.ts'
import { StageWalk } from './stage-walk.ts'
import type { SpanView } from './views.ts'
import { drop, keep, type Verdict } from './walk-hooks.ts'

for (const signal of walkedSignals) {
  for (const replacement of ['', '[redacted]', 'y'.repeat(300)]) {
    t.test(
      `bytes anywhere in ${signal} are replaced by ${replacement.length} others, with other edits after it`,
      async t => {
        const random = new SeededRandom(8)
        for (let i = 0; i < 60; i++) {
          const bytes = randomRequest(random, signal, { fieldChance: 0.9, repeatsMax: 2 })
          const scripts = random.chance(0.5) ? [new EditScript(i, 0.1)] : []
          const walk = new StageWalk(signal, [secretReplacer(replacement), ...scripts])
          const out = walk.run(bytes)
          t.equal(Buffer.from(out).indexOf(secret), -1, 'the secret is gone, also where no decoder looks')
          const expected = replaceInPlain(decodePlain(signal, bytes), replacement) as Plain
          t.same(
            sortAttributes(decodePlain(signal, out)),
            sortAttributes(runOnPlain(signal, expected, scripts)),
            `request ${i}`,
          )
          if (scripts.length === 0) t.equal(walk.unappliedRanges, 0)
        }
      },
    )
  }
}

t.test('a range inside a value that nests as deep as protobufjs reads corrects every length around it', async t => {
  let value: Plain = { stringValue: `before ${secret} after` }
  for (let i = 1; i < 30; i++)
    value = i % 2 ? { arrayValue: { values: [value] } } : { kvlistValue: { values: [{ key: 'k', value }] } }
  const bytes = encodePlain('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: value }] }] }] })
  const replacement = 'z'.repeat(20_000)
  const out = new StageWalk('logs', [secretReplacer(replacement)]).run(bytes)
  t.same(decodePlain('logs', out), replaceInPlain(decodePlain('logs', bytes), replacement))
})

t.test('ranges may touch and must not overlap', async t => {
  const ranges = new RangeEdits()
  ranges.reset(100)
  ranges.add(10, 20, new Uint8Array(1))
  ranges.add(20, 30, new Uint8Array(1))
  ranges.add(5, 10, new Uint8Array(1))
  t.throws(() => ranges.add(29, 31, new Uint8Array(1)), RangeError)
  t.throws(() => ranges.add(4, 6, new Uint8Array(1)), RangeError)
  t.equal(ranges.size, 5)
})

t.test('bytes are replaced in the pieces of a value whose message repeats a singular field behind it', async t => {
  const field = (tag: number, payload: Uint8Array) => Buffer.from([tag, payload.length, ...payload])
  const text = (word: string) => field(0x0a, Buffer.from(word))
  const key = text('k')
  const name = (word: string) => field(0x2a, Buffer.from(word))
  for (const pieces of [
    [key, field(0x12, text('x')), field(0x12, text(secret))],
    [key, field(0x12, text(secret)), field(0x12, text('x'))],
    [text(secret), field(0x12, text('x')), key],
    [field(0x12, text(secret)), text('old'), key],
  ]) {
    const attribute = field(0x4a, Buffer.concat(pieces))
    const span = Buffer.concat([name('first'), attribute, name('last'), attribute])
    const request = Buffer.concat([field(0x0a, field(0x12, field(0x12, span)))])
    const readers = { span: ({ attributes }: SpanView): Verdict => (attributes.size === 2 ? keep : drop) }
    for (const hooks of [[secretReplacer('y')], [secretReplacer('y'), readers]]) {
      const out = new StageWalk('traces', hooks).run(request)
      t.equal(Buffer.from(out).indexOf(secret), -1)
      t.same(decodePlain('traces', out), replaceInPlain(decodePlain('traces', request), 'y'))
    }
  }
})
