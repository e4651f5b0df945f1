import type { ConfigDeclaration, Field, ProblemSink, Shape } from './declare.ts'
import { decodeValue } from './decode-value.ts'
import { Decoding, type Position } from './decoding.ts'
import { listKeys } from './list-keys.ts'
import { nearest } from './nearest.ts'
import { formatPath, type Problem } from './problem.ts'
import {
  type ConfigNode,
  type ConfigPath,
  describeNode,
  holdsBroken,
  isBroken,
  isNull,
  type MapNode,
  nodeAt,
  placeOf,
} from './tree.ts'
import { removedKeys } from './upstream.ts'

export function newDecoding(problems: Problem[]): Decoding {
  return new Decoding(problems, decodeSection)
}

/**
 * The typed value of one section. An absent or null section gives the defaults. Whatever is wrong goes to
 * `decoding.problems`, and a default stands in its place, so that all problems of a file come out at once.
 */
export function decodeSection<Config>(
  declaration: ConfigDeclaration<Config>,
  at: Position,
  decoding: Decoding,
  /** Keys that belong to the section around the shape: `enabled` of an optional section, the tag of a variant. */
  foreignKeys: readonly string[] = [],
): Config {
  const { node, path } = at
  const errorsBefore = decoding.problems.length
  let map: MapNode | undefined
  if (node !== undefined && !isNull(node) && !isBroken(node)) {
    if (node.kind === 'map') map = node
    else reportNotMap(node, path, decoding, declaration.shape)
  }
  if (map !== undefined) reportUnknownKeys(declaration.shape, map, path, decoding, foreignKeys)
  const value: Record<string, unknown> = {}
  for (const [property, field] of Object.entries(declaration.shape)) {
    value[property] = decodeField(field, map, at, decoding)
  }
  const hasOwnErrors = decoding.problems.slice(errorsBefore).some(problem => problem.severity === 'error')
  if (!hasOwnErrors && !holdsBroken(node)) declaration.check(value as Config, sinkFor(at, decoding))
  if (isOff(map)) soften(decoding.problems, errorsBefore)
  return value as Config
}

function isOff(map: MapNode | undefined): boolean {
  const enabled = map?.entries.get('enabled')?.value
  return enabled?.kind === 'scalar' && enabled.value === false
}

/** What only concerns the running of a section that is off, as in the Collector: ranges, required keys, combinations. */
const harmlessWhenOff: ReadonlySet<string> = new Set(['SLC0105', 'SLC0106', 'SLC0110'])

function soften(problems: Problem[], from: number): void {
  for (const [index, problem] of problems.entries()) {
    if (index >= from && harmlessWhenOff.has(problem.code)) problems[index] = { ...problem, severity: 'warning' }
  }
}

function decodeField(field: Field<unknown>, map: MapNode | undefined, at: Position, decoding: Decoding): unknown {
  const names = [field.key, ...(field.extra.formerly ?? [])]
  const used = names.filter(name => map?.entries.has(name) === true)
  const entry = used[0] === undefined ? undefined : map?.entries.get(used[0])
  const fieldPath = [...at.path, entry?.key ?? field.key]
  if (entry !== undefined) {
    if (entry.key !== field.key) {
      const message = `"${entry.key}" is an old spelling of "${field.key}"`
      decoding.report('SLC0119', 'warning', fieldPath, entry.keyPlace, message, `write ${field.key}`)
    }
    if (field.extra.deprecated !== undefined) {
      const message = `"${entry.key}" is deprecated`
      decoding.report('SLC0111', 'warning', fieldPath, entry.keyPlace, message, field.extra.deprecated)
    }
    if (field.extra.noEffect !== undefined) {
      const message = `"${entry.key}" has no effect here: ${field.extra.noEffect}`
      decoding.report('SLC0112', 'warning', fieldPath, entry.keyPlace, message)
    }
  }
  const keyPlace = entry?.keyPlace ?? at.keyPlace
  return decodeValue(field, { node: entry?.value, path: fieldPath, keyPlace }, decoding)
}

function reportNotMap(node: ConfigNode, path: ConfigPath, decoding: Decoding, shape: Shape): void {
  const glued = node.kind === 'scalar' && node.isPlain ? /^([A-Za-z_][\w./-]*):(\S+)$/.exec(node.text) : null
  if (glued !== null && node.place.origin === undefined) {
    const at = node.place.start + (glued[1]?.length ?? 0)
    const place = { ...node.place, start: at, end: at + 1 }
    const remedy = `write "${glued[1]}: ${glued[2]}" with a space`
    decoding.report('SLC0113', 'error', path, place, `no space after "${glued[1]}:"`, remedy)
    return
  }
  const keys = Object.values(shape).map(field => field.key)
  const remedy = keys.length === 0 ? 'remove the value' : `its keys are: ${listKeys(keys)}`
  const message = `expected a map of keys, found ${describeNode(node)}`
  decoding.report('SLC0103', 'error', path, node.place, message, remedy)
}

function reportUnknownKeys(
  shape: Shape,
  map: MapNode,
  path: ConfigPath,
  decoding: Decoding,
  foreignKeys: readonly string[],
): void {
  const known = [...Object.values(shape).flatMap(field => [field.key, ...(field.extra.formerly ?? [])]), ...foreignKeys]
  for (const entry of map.entries.values()) {
    if (known.includes(entry.key)) continue
    const close = nearest(
      entry.key,
      known.filter(key => !map.entries.has(key)),
    )
    const inside = close === undefined ? sectionsWith(shape, entry.key) : undefined
    let remedy = `allowed here: ${listKeys(known)}`
    if (known.length === 0) remedy = 'this section has no keys: remove it'
    if (inside !== undefined) remedy = `"${entry.key}" is a key of "${inside}": indent it below that`
    if (close !== undefined) remedy = `did you mean "${close}"?`
    const removed = removedKeys[`${String(path[0]).replace(/s$/, '')} ${entry.key}`]
    if (removed !== undefined) remedy = removed
    decoding.report('SLC0102', 'error', [...path, entry.key], entry.keyPlace, `unknown key "${entry.key}"`, remedy)
  }
}

/** The nested section that has the key, for what is indented one step too little. */
function sectionsWith(shape: Shape, key: string): string | undefined {
  for (const field of Object.values(shape)) {
    const nested = field.extra.declaration?.shape
    if (nested !== undefined && Object.values(nested).some(inner => inner.key === key)) return field.key
  }
  return undefined
}

function sinkFor(section: Position, decoding: Decoding): ProblemSink {
  const { node, path, keyPlace } = section
  const report = (severity: 'error' | 'warning', at: ConfigPath, message: string, remedy?: string) => {
    const place = node === undefined ? keyPlace : placeOf(node, at, keyPlace ?? node.place)
    decoding.report('SLC0110', severity, [...path, ...at], place, named(at, message), remedy)
  }
  return {
    error: (at, message, remedy) => report('error', at, message, remedy),
    warn: (at, message, remedy) => report('warning', at, message, remedy),
    has: at => nodeAt(node, at) !== undefined,
  }
}

function named(at: ConfigPath, message: string): string {
  if (at.length === 0) return message
  const lastKey = at.findLastIndex(step => typeof step === 'string')
  return `"${formatPath(at.slice(Math.max(0, lastKey)))}" ${message}`
}
