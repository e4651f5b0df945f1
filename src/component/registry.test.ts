import t from 'tap'
import { defineConfig } from '../config/declare.ts'
import { defineExtension } from './component.ts'
import { ComponentRegistry, listed } from './registry.ts'

const config = defineConfig({})
const create = () => ({ start: async () => {}, shutdown: async () => {} })
const clockExtension = defineExtension({
  type: 'clock',
  aliases: ['watch'],
  stability: 'beta',
  summary: '',
  config,
  create,
})

function setUp() {
  let imports = 0
  const importModule = async () => {
    imports++
    return { somethingElse: undefined, clockExtension }
  }
  const registry = new ComponentRegistry([listed('extension', ['clock', 'watch'], importModule)])
  return { registry, imported: () => imports }
}

t.test('a listed component is loaded once, when somebody asks for it', async t => {
  const { registry, imported } = setUp()
  t.same(
    registry.all.map(({ kind, type, aliases }) => ({ kind, type, aliases })),
    [{ kind: 'extension', type: 'clock', aliases: ['watch'] }],
  )
  t.equal(imported(), 0, 'its names are known without it')
  const [first, second] = await Promise.all([registry.load('extension', 'clock'), registry.load('extension', 'watch')])
  t.equal(first, clockExtension)
  t.equal(second, clockExtension)
  t.equal(registry.find('extension', 'watch'), clockExtension)
  t.same(await registry.loadAll(), [clockExtension])
  t.equal(imported(), 1)
})

t.test('what is used before it was loaded is a mistake of ours, what is not there is not', async t => {
  const { registry } = setUp()
  t.throws(() => registry.find('extension', 'clock'), { message: /extension "clock" is used before it was loaded/ })
  t.equal(registry.find('exporter', 'clock'), undefined)
  t.equal(await registry.load('extension', 'hourglass'), undefined)
})

t.test('a list with two of one name, or with a name that its module does not have, is refused', async t => {
  const entry = listed('extension', 'clock', async () => ({}))
  t.throws(() => new ComponentRegistry([entry, clockExtension]), {
    message: /two factories call themselves extension:clock/,
  })
  await t.rejects(new ComponentRegistry([entry]).load('extension', 'clock'), { message: /no factory is called/ })
})
