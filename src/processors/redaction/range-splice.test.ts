import t from 'tap'
import { sortAttributes } from '../../testkit/edit-script.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { randomRequest, walkedSignals } from '../../testkit/request-variants.ts'
import { replaceInPlain, secret } from '../../testkit/secret-replacer.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { RangeSplice, type Splice } from './range-splice.ts'

function splicesOf(bytes: Uint8Array, replacement: string): Splice[] {
  const buffer = Buffer.from(bytes)
  const splices: Splice[] = []
  for (let at = buffer.indexOf(secret); at >= 0; at = buffer.indexOf(secret, at + secret.length))
    splices.push({ start: at, end: at + secret.length, replacement: Buffer.from(replacement) })
  return splices
}

for (const signal of walkedSignals) {
  for (const replacement of ['', '[redacted]', 'y'.repeat(300)]) {
    t.test(`bytes anywhere in ${signal} are replaced by ${replacement.length} others`, async t => {
      const random = new SeededRandom(9)
      let made = 0
      for (let i = 0; i < 60; i++) {
        const bytes = randomRequest(random, signal, { fieldChance: 0.9, repeatsMax: 2 })
        const out = new RangeSplice(signal).run(bytes, splicesOf(bytes, replacement))
        // Ranges in fields that the schema does not know are for the walk.
        if (out === undefined) continue
        made++
        t.equal(Buffer.from(out).indexOf(secret), -1)
        const expected = replaceInPlain(decodePlain(signal, bytes), replacement) as Plain
        t.same(sortAttributes(decodePlain(signal, out)), sortAttributes(expected), `request ${i}`)
      }
      t.ok(made > 20, `${made} requests`)
    })
  }
}

t.test('lengths around a range deep inside grow by bytes of their own', async t => {
  let value: Plain = { stringValue: `before ${secret} after` }
  for (let i = 1; i < 30; i++)
    value = i % 2 ? { arrayValue: { values: [value] } } : { kvlistValue: { values: [{ key: 'k', value }] } }
  const bytes = encodePlain('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: value }] }] }] })
  const out = new RangeSplice('logs').run(bytes, splicesOf(bytes, 'z'.repeat(20_000)))
  t.same(decodePlain('logs', out!), replaceInPlain(decodePlain('logs', bytes), 'z'.repeat(20_000)))
})

t.test('a range outside of every field, and ranges that overlap, are not made', async t => {
  const bytes = encodePlain('logs', {
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: 'abcd' } }] }] }],
  })
  const at = Buffer.from(bytes).indexOf('abcd')
  const splice = (start: number, end: number) => ({ start, end, replacement: new Uint8Array(1) })
  const run = (...splices: Splice[]) => new RangeSplice('logs').run(bytes, splices)
  t.ok(run(splice(at, at + 2), splice(at + 2, at + 4)))
  t.equal(run(splice(at, at + 3), splice(at + 2, at + 4)), undefined)
  t.equal(run(splice(at + 2, at + 4), splice(at, at + 1)), undefined)
  t.equal(run(splice(at - 1, at + 1)), undefined)
  t.equal(run(splice(at + 2, at + 5)), undefined)
})
