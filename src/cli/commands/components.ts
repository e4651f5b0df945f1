import { componentKinds, type RegisteredComponent } from '../../config/agent-config.ts'
import { describeKeys, dottedPath } from '../../config/describe.ts'
import { loadAll } from '../../config/load-components.ts'
import { nearest } from '../../config/nearest.ts'
import { type CommandSpec, type Invocation, UsageError } from '../command.ts'
import { keyListText, typeOf, widthOf } from '../key-list.ts'
import { alignColumns, paintFor } from '../terminal.ts'

export const componentsCommand: CommandSpec = {
  name: 'components',
  summary: 'List the components, or the keys of one',
  description:
    'Without an argument: every component with its signals, stability and purpose. With a type: all its keys with type, default and meaning, and an example.',
  operands: '[TYPE]',
  operandsMax: 1,
  completes: 'component',
  options: [
    { name: 'kind', value: 'KIND', choices: componentKinds, doc: 'Only components of this kind.' },
    { name: 'json', doc: 'As JSON, for scripts.' },
  ],
  examples: [
    ['sluice components', 'What is there?'],
    ['sluice components batch', 'What can it do, and by which keys?'],
    ['sluice components otlp --kind receiver', 'Only one of several that share a name.'],
  ],
  run: runComponents,
}

async function runComponents(invocation: Invocation): Promise<number> {
  const { world, args } = invocation
  const kind = args.value('kind')
  const components = await loadAll(world.components)
  const candidates = components.filter(component => kind === undefined || component.kind === kind)
  const [type] = args.operands
  if (type === undefined) {
    world.stdout.write(args.has('json') ? jsonList(candidates) : listText(candidates, invocation))
    return 0
  }
  const found = candidates.filter(component => component.type === type || component.aliases?.includes(type) === true)
  if (found.length === 0) {
    const close = nearest(
      type,
      candidates.flatMap(component => [component.type, ...(component.aliases ?? [])]),
    )
    throw new UsageError(
      `there is no component "${type}"`,
      close === undefined ? 'see sluice components' : `did you mean "${close}"?`,
    )
  }
  if (args.has('json')) world.stdout.write(jsonList(found))
  else world.stdout.write(found.map(component => componentText(component, invocation)).join('\n'))
  return 0
}

function listText(components: readonly RegisteredComponent[], { world }: Invocation): string {
  const paint = paintFor(world.stdout, world.env)
  const sections = componentKinds.map(kind => {
    const rows = components.filter(component => component.kind === kind)
    if (rows.length === 0) return ''
    const cells = rows
      .toSorted((a, b) => a.type.localeCompare(b.type))
      .map(component => [`  ${component.type}`, signalsText(component), component.stability, component.summary])
    return `${paint('bold', `${kind}s`)}\n${alignColumns(cells).join('\n')}\n`
  })
  return sections.filter(section => section !== '').join('\n')
}

function signalsText(component: RegisteredComponent): string {
  if (component.routes !== undefined) {
    return component.routes.map(([from, to]) => (from === to ? from : `${from}->${to}`)).join(' ')
  }
  return component.signals?.join(' ') ?? '-'
}

function componentText(component: RegisteredComponent, { world }: Invocation): string {
  const paint = paintFor(world.stdout, world.env)
  const aliases =
    component.aliases === undefined || component.aliases.length === 0
      ? ''
      : `, formerly ${component.aliases.join(', ')}`
  const head = `${paint('bold', component.type)} (${component.kind}, ${component.stability}${aliases})\n${component.summary}\nsignals: ${signalsText(component)}\n`
  const keys = describeKeys(component.config)
  if (keys.length === 0) return `${head}\nIt has no keys.\n`
  return `${head}\n${keyListText(keys, 0, widthOf(world.stdout), paint)}\n${exampleText(component)}`
}

/** The shortest section that the component takes: its required keys, or none. */
function exampleText(component: RegisteredComponent): string {
  const required = describeKeys(component.config).filter(
    ({ field, path }) => field.extra.required === true && path.length === 1,
  )
  const lines = required.map(
    ({ field }) => `    ${field.key}: ${field.extra.example ?? field.extra.values?.[0] ?? '...'}`,
  )
  return `example:\n${[`  ${component.kind}s:`, `  ${component.type}:`, ...lines].map((line, at) => (at === 0 ? line : `  ${line}`)).join('\n')}\n`
}

function jsonList(components: readonly RegisteredComponent[]): string {
  const list = components.map(component => ({
    kind: component.kind,
    type: component.type,
    aliases: component.aliases ?? [],
    signals: component.signals,
    routes: component.routes,
    stability: component.stability,
    summary: component.summary,
    keys: describeKeys(component.config).map(key => ({
      key: dottedPath(key.path),
      type: typeOf(key),
      default: key.defaultText === '' ? undefined : key.defaultText,
      doc: key.doc,
      notes: key.notes,
    })),
  }))
  return `${JSON.stringify(list, undefined, 2)}\n`
}
