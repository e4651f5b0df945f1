import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { AnyFactory } from './component/component.ts'
import { components } from './components.ts'
import { configSchema } from './config/json-schema.ts'
import { problemsPage } from './config/problems-page.ts'
import { withKeyTable } from './config/readme-table.ts'

for (const { kind, type, config } of await components.loadAll()) {
  const path = fileURLToPath(new URL(`./${kind}s/${type.replaceAll('_', '-')}/README.md`, import.meta.url))
  const readme = existsSync(path) ? readFileSync(path, 'utf8') : ''
  t.test(`the table of keys in the README of ${type} is that of its declaration`, async t => {
    t.ok(withKeyTable(readme, config) === readme, 'npm run generate writes it anew')
  })
}

t.test('docs/problems.md has every code', async t => {
  const page = fileURLToPath(new URL('../docs/problems.md', import.meta.url))
  t.ok(readFileSync(page, 'utf8') === problemsPage(), 'npm run generate writes it anew')
})

t.test('the schema beside the example configurations is that of the components', async t => {
  const file = fileURLToPath(new URL('../config/sluice.schema.json', import.meta.url))
  t.strictSame(
    JSON.parse(readFileSync(file, 'utf8')),
    configSchema(await components.loadAll()),
    'npm run generate writes it anew',
  )
})

t.test('the list of components calls each as it calls itself', async t => {
  const named = (component: Pick<AnyFactory, 'kind' | 'type' | 'aliases'>) =>
    [component.kind, component.type, ...(component.aliases ?? [])].join(' ')
  t.same(components.all.map(named), (await components.loadAll()).map(named))
})
