import t from 'tap'
import { FieldCursor } from './field-cursor.ts'
import { WireWriter } from './wire-writer.ts'

for (const length of [0, 1, 127, 128, 16_383, 16_384, 300_000]) {
  t.test(`a message opened wide with ${length} bytes has the shortest length`, async t => {
    const wide = new WireWriter(1)
    const plain = new WireWriter(1)
    const content = Buffer.alloc(length, 7)
    plain.bytesField(3, content)
    plain.uint32Field(4, 5)
    const mark = wide.openWide(3)
    wide.raw(content)
    wide.closeWide(mark)
    wide.uint32Field(4, 5)
    t.ok(Buffer.from(wide.finish()).equals(plain.finish()))
    const cursor = new FieldCursor(wide.view())
    t.ok(cursor.next() && cursor.valueLength === length)
  })
}

t.test('bytes taken out of what was written close up', async t => {
  const writer = new WireWriter(4)
  writer.raw(Buffer.from('abcdef'))
  writer.remove(1, 3)
  t.equal(Buffer.from(writer.finish()).toString(), 'adef')
})
