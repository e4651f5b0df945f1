import { componentKinds, type RegisteredComponent } from '../../config/agent-config.ts'
import { findRegistered } from '../../config/component-section.ts'
import type { ConfigDeclaration } from '../../config/declare.ts'
import { type DescribedKey, describeKeys, dottedPath } from '../../config/describe.ts'
import { loadAll } from '../../config/load-components.ts'
import { nearest } from '../../config/nearest.ts'
import { type ProblemCode, problemCodes } from '../../config/problem-codes.ts'
import type { Paint } from '../../config/problem-format.ts'
import { serviceConfig } from '../../config/sections/service.ts'
import { type CommandSpec, type Invocation, UsageError } from '../command.ts'
import { keyListText, typeOf, widthOf } from '../key-list.ts'
import { paintFor, wrapText } from '../terminal.ts'

export const explainCommand: CommandSpec = {
  name: 'explain',
  summary: 'Explain a key, a component or the code of a problem',
  description:
    'Says what a key means: type, default, limits, and the keys below it. A path is written as in the file, with dots or ::, with or without the kind: exporters.otlp_grpc.sending_queue, batch.timeout, service.telemetry. A code such as SLC0102 is that of a diagnostic.',
  operands: 'PATH|CODE',
  operandsMax: 1,
  completes: 'code',
  options: [],
  examples: [
    ['sluice explain SLC0203', 'What does this error mean?'],
    ['sluice explain exporters.otlp_grpc.sending_queue', 'All keys of the sending queue.'],
    ['sluice explain batch.timeout', 'One key.'],
  ],
  run: runExplain,
}

async function runExplain(invocation: Invocation): Promise<number> {
  const { world, args } = invocation
  const [subject] = args.operands
  if (subject === undefined) throw new UsageError('explain needs a path or a code', 'sluice explain batch.timeout')
  const code = subject.toUpperCase()
  if (/^SLC\d/.test(code)) {
    world.stdout.write(codeText(code, invocation))
    return 0
  }
  const steps = subject
    .replaceAll('::', '.')
    .split('.')
    .filter(step => step !== '')
  world.stdout.write(await pathText(steps, invocation))
  return 0
}

function codeText(code: string, { world }: Invocation): string {
  if (!Object.hasOwn(problemCodes, code)) {
    const close = nearest(code, Object.keys(problemCodes))
    throw new UsageError(`there is no code ${code}`, close === undefined ? undefined : `did you mean ${close}?`)
  }
  const [title, text] = problemCodes[code as ProblemCode]
  return `${paintFor(world.stdout, world.env)('bold', code)}: ${title}\n\n${wrapText(text, widthOf(world.stdout))}\n`
}

interface Subject {
  readonly title: string
  readonly declaration: ConfigDeclaration<unknown>
}

async function pathText(steps: readonly string[], invocation: Invocation): Promise<string> {
  const [first = '', ...rest] = steps
  const kind = componentKinds.find(candidate => first === candidate || first === `${candidate}s`)
  if (first === 'service')
    return subjectText({ title: 'service', declaration: serviceConfig as ConfigDeclaration<unknown> }, rest, invocation)
  if (kind !== undefined && rest.length === 0) {
    const types = invocation.world.components
      .filter(component => component.kind === kind)
      .map(component => component.type)
    return `${kind}s: a map from id (type or type/name) to the section of that ${kind}.\ntypes: ${types.join(', ')}\n`
  }
  const id = kind === undefined ? first : (rest[0] ?? '')
  const keys = kind === undefined ? rest : rest.slice(1)
  const type = id.split('/')[0] ?? ''
  const kinds = kind === undefined ? componentKinds : [kind]
  const { components } = invocation.world
  const found = await loadAll(kinds.flatMap(candidate => findRegistered(components, candidate, type) ?? []))
  if (found.length === 0) throw unknownComponent(type, invocation)
  const fitting = found.filter(component => keys.length === 0 || matches(component, keys).length > 0)
  const shown = fitting.length === 0 ? found.slice(0, 1) : fitting
  return shown
    .map(component => {
      const title = `${component.kind}s.${component.type}`
      return subjectText({ title, declaration: component.config }, keys, invocation, component)
    })
    .join('\n')
}

function matches(component: RegisteredComponent, keys: readonly string[]): DescribedKey[] {
  return describeKeys(component.config).filter(key => isPath(key, keys))
}

/** Whether the keys name this one; positions in lists, keys of maps and variants may be left out or written. */
function isPath(key: DescribedKey, keys: readonly string[]): boolean {
  const steps = key.path.filter(step => !isFree(step))
  const wanted = keys.filter(
    (step, at) =>
      !(/^\[?\d*\]?$/.test(step) || (isFree(key.path[at] ?? '') && key.path[at] !== step && !steps.includes(step))),
  )
  return steps.length === wanted.length && steps.every((step, at) => step === wanted[at])
}

const isFree = (step: string) => step === '[]' || step === '<key>' || step.includes('=')

function subjectText(
  subject: Subject,
  keys: readonly string[],
  { world }: Invocation,
  component?: RegisteredComponent,
): string {
  const paint = paintFor(world.stdout, world.env)
  const width = widthOf(world.stdout)
  const all = describeKeys(subject.declaration)
  if (keys.length === 0) {
    const summary = component === undefined ? '' : `${component.summary}\n`
    return `${paint('bold', subject.title)}\n${summary}\n${keyListText(all, 0, width, paint)}`
  }
  const found = all.filter(key => isPath(key, keys))
  if (found.length === 0) throw unknownKey(subject, keys, all)
  return found.map(key => keyText(subject.title, key, all, { paint, width })).join('\n')
}

function keyText(
  title: string,
  key: DescribedKey,
  all: readonly DescribedKey[],
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string {
  const lines = [paint('bold', `${title}.${dottedPath(key.path)}`)]
  if (key.doc !== '') lines.push(wrapText(key.doc, width))
  lines.push(`type: ${typeOf(key)}`)
  if (key.defaultText !== '') lines.push(`default: ${key.defaultText}`)
  for (const note of key.notes) lines.push(`note: ${note}`)
  const below = all.filter(
    candidate => candidate.path.length > key.path.length && key.path.every((step, at) => candidate.path[at] === step),
  )
  const list = keyListText(below, key.path.length, width, paint)
  return `${lines.join('\n')}\n${list === '' ? '' : `\n${list}`}`
}

function unknownComponent(type: string, { world }: Invocation): UsageError {
  const close = nearest(type, [...world.components.map(component => component.type), 'service'])
  return new UsageError(
    `there is no component "${type}"`,
    close === undefined ? 'see sluice components' : `did you mean "${close}"?`,
  )
}

function unknownKey(subject: Subject, keys: readonly string[], all: readonly DescribedKey[]): UsageError {
  const path = keys.join('.')
  const known = all.map(key => key.path.filter(step => !isFree(step)).join('.'))
  const close = nearest(path, known) ?? nearest(keys.at(-1) ?? '', [...new Set(all.map(key => key.path.at(-1) ?? ''))])
  return new UsageError(
    `${subject.title} has no key "${path}"`,
    close === undefined ? `see sluice explain ${subject.title}` : `did you mean "${close}"?`,
  )
}
