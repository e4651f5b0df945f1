import t from 'tap'
import { StageWalk } from '../pdata/stage-walk.ts'
import { drop, keep } from '../pdata/walk-hooks.ts'
import { AttributeMatch } from './item-match.ts'

const field = (tag: number, payload: readonly number[]) => [tag, payload.length, ...payload]
const bytesOf = (text: string) => [...Buffer.from(text)]

/** Whether `k` with this `AnyValue` matches the text `value`. */
function matchesText(value: string, anyValue: readonly number[]): boolean {
  const match = new AttributeMatch('strict', [{ key: 'k', value }])
  const attribute = field(0x4a, [...field(0x0a, bytesOf('k')), ...field(0x12, anyValue)])
  const request = Uint8Array.from(field(0x0a, field(0x12, field(0x12, attribute))))
  const span = ({ attributes }: { attributes: Parameters<AttributeMatch['matches']>[0] }) =>
    match.matches(attributes) ? drop : keep
  return new StageWalk('traces', [{ span }]).run(request).length === 0
}

for (const [what, anyValue, isMatch] of [
  ['the same bytes', field(0x0a, bytesOf('shop')), true],
  ['an over-long length', [0x0a, 0x84, 0x00, ...bytesOf('shop')], true],
  ['the last of two members of the oneof', [...field(0x0a, bytesOf('x')), ...field(0x0a, bytesOf('shop'))], true],
  ['the first of two members of the oneof', [...field(0x0a, bytesOf('shop')), 0x10, 0x01], false],
  ['other text of that length', field(0x0a, bytesOf('ship')), false],
  ['longer text', field(0x0a, bytesOf('shops')), false],
  ['the same as bytes', field(0x3a, bytesOf('shop')), false],
  ['a number', [0x18, 0x04], false],
  ['nothing', [], false],
] as const) {
  t.test(`a text ${isMatch ? 'matches' : 'does not match'} ${what}`, async t => {
    t.equal(matchesText('shop', anyValue), isMatch)
  })
}

t.test('broken text does not match the sign that stands for it', async t => {
  t.equal(matchesText('\ufffd', field(0x0a, [0xff])), false)
  t.equal(matchesText('\ufffd', field(0x0a, bytesOf('\ufffd'))), true)
})
