import { normalizedId } from './component-id.ts'
import type { Shape } from './declare.ts'
import { addProblem, type Problem } from './problem.ts'
import { type ConfigNode, type ConfigPath, isNull, type MapEntry, type MapNode, nodeAt } from './tree.ts'

/** When a sender is told "accepted", the weakest level first; empty leaves it to the storage. */
export const durabilityLevels = ['', 'memory', 'process', 'node', 'end_to_end'] as const

const key = 'durability'
const queueKey = 'sending_queue'

/** By exporter id: the strictest `durability` of the pipelines that name it. */
export function pipelineDurability(root: MapNode): ReadonlyMap<string, MapEntry> {
  const strictest = new Map<string, MapEntry>()
  const pipelines = nodeAt(root, ['service', 'pipelines'])
  if (pipelines?.kind !== 'map') return strictest
  for (const { value: pipeline } of pipelines.entries.values()) {
    if (pipeline.kind !== 'map') continue
    const entry = pipeline.entries.get(key)
    const exporters = pipeline.entries.get('exporters')?.value
    if (entry === undefined || exporters?.kind !== 'list') continue
    for (const exporter of exporters.items) {
      if (exporter.kind !== 'scalar') continue
      const id = normalizedId(exporter.text)
      if (rankOf(entry) > rankOf(strictest.get(id))) strictest.set(id, entry)
    }
  }
  return strictest
}

/**
 * `durability` is a matter of an exporter's queue. It may also stand at the exporter, or at the pipeline for all its exporters;
 * what stands nearer to the queue wins. An exporter without a queue answers with its backend, which is as strict as can be.
 */
export function placeDurability(
  section: ConfigNode,
  shape: Shape,
  ofPipelines: MapEntry | undefined,
  path: ConfigPath,
  problems: Problem[],
): ConfigNode {
  const queueField = Object.values(shape).find(field => field.key === queueKey)
  if (queueField === undefined) return section
  const entries = entriesOf(section)
  const queue = entries?.get(queueKey)
  const queueEntries = entriesOf(queue?.value)
  if (entries === undefined || queueEntries === undefined) return section
  const own = entries.get(key)
  const inner = queueEntries.get(key)
  if (inner !== undefined) {
    if (own === undefined) return section
    const related = [{ message: 'the other one', place: inner.keyPlace }]
    const message = `"${key}" stands here and in ${queueKey}`
    addProblem(problems, 'SLC0110', 'error', [...path, key], own.keyPlace, message, 'keep one of them', related)
    return section
  }
  const isQueuedByDefault = queueField.extra.declaration?.shape['enabled']?.defaultValue
  const level = own ?? (isOn(queueEntries.get('enabled')?.value, isQueuedByDefault) ? ofPipelines : undefined)
  if (level === undefined) return section
  if (own === undefined && needsStorage(level) && !queueEntries.has('storage')) {
    reportNoStorage(level.value, path, problems)
    return section
  }
  const { place } = level.value
  const value: MapNode = {
    kind: 'map',
    entries: new Map([...queueEntries, [key, level]]),
    expanded: queue?.value.expanded,
    place,
  }
  const moved = new Map([...entries, [queueKey, { key: queueKey, keyPlace: queue?.keyPlace ?? level.keyPlace, value }]])
  moved.delete(key)
  return { kind: 'map', entries: moved, expanded: section.expanded, place: section.place }
}

/** Those of a section, which may be absent or null; undefined where it is no section, which is reported elsewhere. */
function entriesOf(node: ConfigNode | undefined): ReadonlyMap<string, MapEntry> | undefined {
  if (node === undefined || isNull(node)) return new Map()
  return node.kind === 'map' ? node.entries : undefined
}

function rankOf(entry: MapEntry | undefined): number {
  if (entry?.value.kind !== 'scalar') return -1
  return (durabilityLevels as readonly string[]).indexOf(entry.value.text)
}

function isOn(enabled: ConfigNode | undefined, byDefault: unknown): boolean {
  return (enabled?.kind === 'scalar' ? enabled.value : byDefault) !== false
}

function needsStorage({ value }: MapEntry): boolean {
  return value.kind === 'scalar' && (value.text === 'process' || value.text === 'node')
}

function reportNoStorage(level: ConfigNode, path: ConfigPath, problems: Problem[]): void {
  const id = path.at(-1)
  const text = level.kind === 'scalar' ? level.text : ''
  const message = `the exporter "${id}" of this pipeline has no queue on disk, which "${text}" needs`
  const remedy = `name a file_storage extension in ${queueKey}.storage of ${id}, or give it a durability of its own`
  addProblem(problems, 'SLC0110', 'error', [...path, queueKey, 'storage'], level.place, message, remedy)
}
