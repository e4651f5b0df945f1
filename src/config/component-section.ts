import {
  type ComponentKindName,
  type ComponentRegistry,
  componentKinds,
  type NamedComponent,
  type RegisteredComponent,
  sectionOf,
} from './agent-config.ts'
import { parseComponentId } from './component-id.ts'
import { decodeSection, newDecoding } from './decode.ts'
import type { ListenAddress, Reference } from './decoding.ts'
import { placeDurability } from './durability.ts'
import { fingerprintOf } from './fingerprint.ts'
import { listKeys } from './list-keys.ts'
import { nearest } from './nearest.ts'
import { addProblem, type Problem } from './problem.ts'
import { rewriteOldKeys } from './rewrite.ts'
import { describeNode, isNull, type MapEntry, type MapNode, type Place } from './tree.ts'
import { renamedTypes, upstreamNote } from './upstream.ts'
import { isUpstreamType } from './upstream-types.ts'

/** A component as the file defines it, before anyone knows whether a pipeline names it. */
export interface DefinedComponent {
  readonly kind: ComponentKindName
  readonly id: string
  readonly type: string
  readonly name: string
  /** Undefined where Sluice has no such component. */
  readonly registered: RegisteredComponent | undefined
  readonly config: unknown
  readonly fingerprint: string
  readonly place: Place
  readonly listens: readonly ListenAddress[]
  readonly references: readonly Reference[]
}

export interface DefinitionContext {
  /** Every component that there is, for those who look for another. */
  readonly names: readonly NamedComponent[]
  /** At least those that the file names. */
  readonly registry: ComponentRegistry
  readonly allowMissing: boolean
  readonly problems: Problem[]
  /** By exporter id: what its pipelines ask of its queue. */
  readonly durability: ReadonlyMap<string, MapEntry>
}

/** Every component that the file defines, with its configuration read. */
export function readDefinitions(root: MapNode, context: DefinitionContext): DefinedComponent[] {
  const defined: DefinedComponent[] = []
  for (const kind of componentKinds) {
    const section = root.entries.get(sectionOf(kind))
    if (section === undefined || isNull(section.value)) continue
    if (section.value.kind !== 'map') {
      const message = `expected a map of ${sectionOf(kind)}, found ${describeNode(section.value)}`
      const remedy = `write one "type:" or "type/name:" per ${kind}, indented below`
      addProblem(context.problems, 'SLC0103', 'error', [section.key], section.value.place, message, remedy)
      continue
    }
    defined.push(...readKind(kind, section.value, context))
  }
  return defined
}

function readKind(kind: ComponentKindName, section: MapNode, context: DefinitionContext): DefinedComponent[] {
  const byId = new Map<string, DefinedComponent>()
  const warnedAliases = new Set<string>()
  const entries = [...section.entries.values()]
  for (const [index, entry] of entries.entries()) {
    const path = [sectionOf(kind), entry.key]
    const inner = componentKinds.find(candidate => sectionOf(candidate) === entry.key)
    if (inner !== undefined) {
      const message = `"${entry.key}" is a section of its own, not ${withArticle(kind)}`
      const remedy = `move it to the left margin, in line with "${sectionOf(kind)}"`
      addProblem(context.problems, 'SLC0102', 'error', path, entry.keyPlace, message, remedy)
      // What belongs to it stands below it or, indented too little, behind it.
      const own = entry.value.kind === 'map' ? [...entry.value.entries.values()] : entries.slice(index + 1)
      const strays = own.map(stray => strayComponent(inner, stray))
      if (entry.value.kind !== 'map') return [...byId.values(), ...strays]
      for (const stray of strays) byId.set(`${inner} ${stray.id}`, stray)
      continue
    }
    const id = parseComponentId(entry.key)
    if ('message' in id) {
      addProblem(context.problems, 'SLC0302', 'error', path, entry.keyPlace, id.message, 'write type or type/name')
      continue
    }
    const text = id.name === '' ? id.type : `${id.type}/${id.name}`
    const first = byId.get(text)
    if (first !== undefined) {
      const related = [{ message: 'first defined here', place: first.place }]
      const message = `the ${kind} "${text}" is defined twice`
      addProblem(context.problems, 'SLC0303', 'error', path, entry.keyPlace, message, 'rename one of them', related)
      continue
    }
    const component = readOne(kind, text, id, entry, context, warnedAliases)
    if (component !== undefined) byId.set(text, component)
  }
  return [...byId.values()]
}

/** Stands for a component in the wrong section, so that whoever names it is not wrong as well. */
function strayComponent(kind: ComponentKindName, entry: MapEntry): DefinedComponent {
  const id = parseComponentId(entry.key)
  const { type, name } = 'message' in id ? { type: entry.key, name: '' } : id
  const text = name === '' ? type : `${type}/${name}`
  const nothing = { registered: undefined, config: undefined, fingerprint: '', listens: [], references: [] }
  return { kind, id: text, type, name, place: entry.keyPlace, ...nothing }
}

function readOne(
  kind: ComponentKindName,
  text: string,
  id: { type: string; name: string },
  entry: MapEntry,
  context: DefinitionContext,
  warnedAliases: Set<string>,
): DefinedComponent | undefined {
  const { problems } = context
  const path = [sectionOf(kind), entry.key]
  const registered = findRegistered(context.registry, kind, id.type)
  const common = { kind, id: text, ...id, registered, place: entry.keyPlace, fingerprint: fingerprintOf(entry.value) }
  if (registered === undefined) {
    return reportUnknown(kind, id.type, entry, context)
      ? { ...common, config: undefined, listens: [], references: [] }
      : undefined
  }
  if (registered.type !== id.type && !warnedAliases.has(id.type)) {
    warnedAliases.add(id.type)
    const message = `"${id.type}" is an old name of the ${kind} "${registered.type}"`
    addProblem(
      problems,
      'SLC0304',
      'warning',
      path,
      entry.keyPlace,
      message,
      `write ${registered.type} here and in the pipelines`,
    )
  }
  const knownKeys = new Set(Object.values(registered.config.shape).map(field => field.key))
  let node = rewriteOldKeys(kind, entry.value, knownKeys, problems)
  if (kind === 'exporter') {
    node = placeDurability(node, registered.config.shape, context.durability.get(text), path, problems)
  }
  const decoding = newDecoding(problems)
  const config = decodeSection(registered.config, { node, path, keyPlace: entry.keyPlace }, decoding)
  const fingerprint = fingerprintOf(node)
  return { ...common, config, fingerprint, listens: decoding.listens, references: decoding.references }
}

export function findRegistered<Component extends NamedComponent>(
  registry: readonly Component[],
  kind: ComponentKindName,
  type: string,
): Component | undefined {
  const ofKind = registry.filter(component => component.kind === kind)
  const direct = ofKind.find(component => component.type === type || component.aliases?.includes(type) === true)
  if (direct !== undefined) return direct
  const newer = renamedTypes[type]
  const older = Object.keys(renamedTypes).find(old => renamedTypes[old] === type)
  // Receivers and exporters share the old name otlp; only the exporter was renamed.
  return (
    ofKind.find(component => component.type === newer && kind !== 'receiver') ??
    ofKind.find(component => component.type === older && type !== 'otlp_grpc')
  )
}

/** True where the component is to be treated as missing rather than as an error. */
function reportUnknown(kind: ComponentKindName, type: string, entry: MapEntry, context: DefinitionContext): boolean {
  const path = [sectionOf(kind), entry.key]
  const note = upstreamNote(kind, type)
  const types = context.names.filter(component => component.kind === kind).map(component => component.type)
  const elsewhere = context.names.find(
    component => component.kind !== kind && (component.type === type || component.aliases?.includes(type)),
  )
  const close = nearest(type, types)
  const isUpstream = note === undefined && isUpstreamType(kind, type)
  let remedy = types.length === 0 ? `Sluice has no ${kind}s` : `Sluice has: ${listKeys(types)}`
  if (elsewhere !== undefined)
    remedy = `"${type}" is ${withArticle(elsewhere.kind)}: move it to ${sectionOf(elsewhere.kind)}`
  else if (close !== undefined) remedy = `did you mean "${close}"?`
  if (isUpstream && elsewhere === undefined) {
    const here = close === undefined ? `Sluice has: ${listKeys(types)}` : `the nearest here is "${close}"`
    remedy = `${here}; --allow-missing runs the rest`
  }
  if (note !== undefined) remedy = note.remedy
  const reason = note === undefined ? '' : `: ${note.reason}`
  const isTolerated = context.allowMissing || note?.isIgnored === true
  const message = isTolerated
    ? `the ${kind} "${entry.key}" is left out${reason === '' ? ': Sluice has no such component' : reason}`
    : `${isUpstream ? `Sluice has no ${kind}` : `unknown ${kind} type`} "${type}"${reason}`
  const code = note === undefined ? 'SLC0301' : 'SLC0315'
  addProblem(context.problems, code, isTolerated ? 'warning' : 'error', path, entry.keyPlace, message, remedy)
  return true
}

/** `an exporter`. */
export function withArticle(kind: string): string {
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`
}
