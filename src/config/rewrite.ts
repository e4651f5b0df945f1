import type { ComponentKindName } from './agent-config.ts'
import { addProblem, type Problem } from './problem.ts'
import type { ConfigNode, MapEntry, MapNode } from './tree.ts'

/** Brings sections as older Collectors wrote them into today's shape, each with one warning that says what to write. */
export function rewriteOldKeys(
  kind: ComponentKindName,
  node: ConfigNode,
  knownKeys: ReadonlySet<string>,
  problems: Problem[],
): ConfigNode {
  if (node.kind !== 'map') return node
  let section = node
  if (!knownKeys.has('ballast_size_mib')) section = dropBallast(section, problems)
  if (kind !== 'exporter') return section
  if (!knownKeys.has('loglevel') && knownKeys.has('verbosity')) section = rewriteLogLevel(section, problems)
  if (!knownKeys.has('batcher') && knownKeys.has('sending_queue')) section = rewriteBatcher(section, problems)
  return section
}

function dropBallast(section: MapNode, problems: Problem[]): MapNode {
  const old = section.entries.get('ballast_size_mib')
  if (old === undefined) return section
  warn(problems, old, 'remove it: there is no ballast any more')
  return { ...section, entries: without(section, 'ballast_size_mib') }
}

const verbosityOf: Readonly<Record<string, string>> = {
  debug: 'detailed',
  info: 'normal',
  warn: 'basic',
  error: 'basic',
}

function rewriteLogLevel(section: MapNode, problems: Problem[]): MapNode {
  // Collectors of that time did not mind the case of keys.
  const old = [...section.entries.values()].find(entry => entry.key.toLowerCase() === 'loglevel')
  if (old?.value.kind !== 'scalar') return section
  const verbosity = verbosityOf[old.value.text.toLowerCase()]
  if (verbosity === undefined) return section
  warn(problems, old, `write verbosity: ${verbosity}`)
  const entries = without(section, old.key)
  if (!entries.has('verbosity')) {
    entries.set('verbosity', { ...old, key: 'verbosity', value: { ...old.value, value: verbosity, text: verbosity } })
  }
  return { ...section, entries }
}

const batchKeys: Readonly<Record<string, string>> = { min_size_items: 'min_size', max_size_items: 'max_size' }

function rewriteBatcher(section: MapNode, problems: Problem[]): MapNode {
  const old = section.entries.get('batcher')
  if (old?.value.kind !== 'map') return section
  warn(problems, old, 'write sending_queue: {batch: {flush_timeout, min_size, max_size}}')
  const entries = without(section, 'batcher')
  const enabled = old.value.entries.get('enabled')?.value
  const queue = section.entries.get('sending_queue')
  const hasBatch = queue?.value.kind === 'map' && queue.value.entries.has('batch')
  if (hasBatch || (enabled?.kind === 'scalar' && enabled.value === false)) return { ...section, entries }
  const batch = new Map<string, MapEntry>()
  for (const entry of old.value.entries.values()) {
    const key = batchKeys[entry.key] ?? entry.key
    if (key !== 'enabled') batch.set(key, { ...entry, key })
  }
  const queueEntries = new Map(queue?.value.kind === 'map' ? queue.value.entries : [])
  queueEntries.set('batch', { ...old, key: 'batch', value: { ...old.value, entries: batch } })
  const keyPlace = queue?.keyPlace ?? old.keyPlace
  entries.set('sending_queue', { key: 'sending_queue', keyPlace, value: { ...old.value, entries: queueEntries } })
  return { ...section, entries }
}

function without(section: MapNode, key: string): Map<string, MapEntry> {
  const entries = new Map(section.entries)
  entries.delete(key)
  return entries
}

function warn(problems: Problem[], entry: MapEntry, remedy: string): void {
  const message = `"${entry.key}" was removed from the Collector; Sluice still takes it`
  addProblem(problems, 'SLC0111', 'warning', [entry.key], entry.keyPlace, message, remedy)
}
