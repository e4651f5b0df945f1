import t from 'tap'
import { BodyBuffer } from './body-buffer.ts'

const mib = 1 << 20
const piece = Uint8Array.from({ length: mib / 4 }, (_, i) => (i * 31) & 255)
const slackBytes = mib / 2

/** What array buffers hold that no collection has found, beyond what there was before. */
const heldBytes = () => process.memoryUsage().arrayBuffers

function fill(body: BodyBuffer, pieces: number, expectedLength: number): void {
  for (let i = 0; i < pieces; i++) body.append(piece, 0, piece.length, expectedLength)
}

for (const { name, expectedLength } of [
  { name: 'of unknown length', expectedLength: 0 },
  { name: 'of declared length', expectedLength: 15 * piece.length },
]) {
  t.test(`a body ${name} grows without leaving memory behind`, async t => {
    const before = heldBytes()
    const body = new BodyBuffer()
    fill(body, 15, expectedLength)
    const taken = body.take()
    t.equal(taken.length, 15 * piece.length)
    t.equal(taken.buffer.byteLength, taken.length, 'it has memory of its own, and no more than it needs')
    for (let i = 0; i < 15; i++) {
      t.same(taken.subarray(i * piece.length, (i + 1) * piece.length), piece)
    }
    t.ok(heldBytes() - before < taken.length + slackBytes, 'what it outgrew is given back')
    t.equal(body.length, 0)
  })
}

t.test('a body that is given up gives its memory back', async t => {
  const before = heldBytes()
  const body = new BodyBuffer()
  fill(body, 15, 0)
  body.drop()
  t.ok(heldBytes() - before < slackBytes)
  t.equal(body.length, 0)
})

t.test('small bodies share memory and stay as they are', async t => {
  const first = new BodyBuffer()
  const second = new BodyBuffer()
  for (const body of [first, second]) for (let i = 0; i < 10; i++) body.append(piece, i * 100, (i + 1) * 100, 0)
  const taken = first.take()
  second.drop()
  t.same(taken, piece.subarray(0, 1000))
})
