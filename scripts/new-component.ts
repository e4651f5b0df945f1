// Makes the folder of a new component: npm run new -- processor my_thing
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const kinds = ['receiver', 'processor', 'exporter', 'connector', 'extension']
const [kind = '', type = ''] = process.argv.slice(2)
if (!kinds.includes(kind) || !/^[a-z][a-z0-9_]*$/.test(type)) {
  console.error(`usage: npm run new -- ${kinds.join('|')} snake_case_type`)
  process.exit(2)
}
const folder = join(root, 'src', `${kind}s`, type.replaceAll('_', '-'))
if (existsSync(folder)) {
  console.error(`${folder} exists`)
  process.exit(1)
}

const camel = type.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())
const pascal = camel[0]!.toUpperCase() + camel.slice(1)
const suffix = kind[0]!.toUpperCase() + kind.slice(1)
const className = `${pascal}${suffix}`
const fileName = `${type.replaceAll('_', '-')}-${kind}`
const isConsumer = kind !== 'receiver' && kind !== 'extension'
const parameters: Record<string, { types: string; names: string; imports: string[] }> = {
  receiver: { types: 'next: ReceiverNext', names: 'next', imports: ['ReceiverNext'] },
  processor: { types: 'next: Consumer', names: 'next', imports: [] },
  exporter: { types: '', names: '', imports: [] },
  connector: { types: 'next: ConnectorNext', names: 'next', imports: ['ConnectorNext'] },
  extension: { types: '', names: '', imports: [] },
}
const { types, names, imports } = parameters[kind]!
const define = kind === 'processor' ? 'defineStatefulProcessor' : `define${suffix}`
const consumed: Record<string, string> = {
  processor: '    await this.#next.consume(batch)',
  exporter: '    this.#settings.ledger.exported(batch.signal, batch.itemCount)',
  connector: '    await this.#next.all(batch.signal)?.consume(batch)',
}

const files: Record<string, string> = {
  'config.ts': `import { type ConfigOf, defineConfig, string } from '../../config/declare.ts'

export const ${camel}Config = defineConfig({
  example: string('example', '', 'What this key is for.'),
})
export type ${pascal}Config = ConfigOf<typeof ${camel}Config>
`,
  [`${fileName}.ts`]: `import type { ${['Component', 'ComponentSettings', ...imports].sort().join(', ')} } from '../../component/component.ts'
${isConsumer ? "import type { Consumer } from '../../component/consumer.ts'\nimport type { OtlpBatch } from '../../pdata/otlp-batch.ts'\n" : ''}import type { ${pascal}Config } from './config.ts'

/** What it does, in one sentence. */
export class ${className} implements Component${isConsumer ? ', Consumer' : ''} {
  readonly #config: ${pascal}Config
  readonly #settings: ComponentSettings
${names === '' ? '' : `  readonly #${types}\n`}
  constructor(config: ${pascal}Config, settings: ComponentSettings${types === '' ? '' : `, ${types}`}) {
    this.#config = config
    this.#settings = settings
${names === '' ? '' : '    this.#next = next\n'}  }

  async start(): Promise<void> {
    this.#settings.logger.debug('started', { example: this.#config.example })
  }
${isConsumer ? `\n  async consume(batch: OtlpBatch): Promise<void> {\n${consumed[kind]}\n  }\n` : ''}
  async shutdown(): Promise<void> {}
}
`,
  'factory.ts': `import { ${define} } from '../../component/component.ts'
import { ${camel}Config } from './config.ts'
import { ${className} } from './${fileName}.ts'

export const ${camel}${suffix} = ${define}({
  type: '${type}',
${kind === 'connector' ? "  routes: [['traces', 'traces']],\n" : kind === 'extension' ? '' : "  signals: ['traces', 'metrics', 'logs'],\n"}  stability: 'development',
  summary: 'What it does, in one sentence.',
  config: ${camel}Config,
  create: (config, settings${names === '' ? '' : ', next'}) => new ${className}(config, settings${names === '' ? '' : ', next'}),
})
`,
  'factory.test.ts': `import t from 'tap'
import { test${suffix} } from '../../testkit/conformance.ts'
import { ${camel}${suffix} } from './factory.ts'

test${suffix}(t, ${camel}${suffix})
`,
  'README.md': `# ${type}

What it does, for whom.

\`\`\`yaml
${kind}s:
  ${type}:
\`\`\`

<!-- keys: written by scripts/readme-tables.ts -->

| Key | Type | Default | Meaning |
| --- | --- | --- | --- |
| \`example\` | text | \`""\` | What this key is for. |

<!-- end of keys -->

## Metrics

None.

## What is lost when

Nothing.
`,
}

mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
const line = `listed('${kind}', '${type}', () => import('./${kind}s/${type.replaceAll('_', '-')}/factory.ts')),`
console.log(`${folder}\nnow one line in src/components.ts: ${line}`)
