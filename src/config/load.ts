import {
  type AgentComponent,
  type AgentConfig,
  type AgentPipeline,
  type ComponentList,
  componentKinds,
  sectionOf,
} from './agent-config.ts'
import { checkAddresses } from './check-addresses.ts'
import { checkGraph } from './check-graph.ts'
import { checkShards } from './check-shards.ts'
import { type DefinedComponent, readDefinitions } from './component-section.ts'
import { decodeSection, newDecoding } from './decode.ts'
import { pipelineDurability } from './durability.ts'
import { Expander } from './expand.ts'
import { readFeatureGates } from './feature-gates.ts'
import { fingerprintOf } from './fingerprint.ts'
import { loadNamed } from './load-components.ts'
import { isEmptyTree, isListOfIds, mergeTrees, unflattenTop } from './merge.ts'
import { nearest } from './nearest.ts'
import { addProblem, hasErrors, type Problem, sortProblems } from './problem.ts'
import { readPipelines } from './read-pipelines.ts'
import { type ServiceConfig, serviceConfig } from './sections/service.ts'
import { nodeSourceIo, readSources, type SourceIo } from './source-reader.ts'
import { type ConfigNode, describeNode, type MapNode, type Place } from './tree.ts'
import { parseYamlTree } from './yaml-tree.ts'

export interface LoadRequest {
  /** `--config` values: paths, directories, file:, env:, yaml:, http:, https:. */
  readonly configs: readonly string[]
  /** `--set` values, applied after all sources. */
  readonly sets?: readonly string[]
  readonly registry: ComponentList
  readonly env: Readonly<Record<string, string | undefined>>
  /** Components that Sluice lacks are left out with a warning. */
  readonly allowMissing?: boolean
  /** `--feature-gates`, split at commas. */
  readonly featureGates?: readonly string[]
  readonly io?: SourceIo
}

export interface LoadedConfig {
  /** Undefined where any problem is an error. */
  readonly resolved: AgentConfig | undefined
  /** The merged and expanded tree, also of a configuration with errors; holds secrets. */
  readonly tree: ConfigNode | undefined
  readonly problems: readonly Problem[]
  /** Files and directories that were read. */
  readonly files: readonly string[]
}

/**
 * Sources to a complete, checked configuration: read, merge, expand, type, check. Never throws for what a user wrote:
 * `problems` has all of it, sorted. First start, reload and `validate` all come through here.
 */
export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const problems: Problem[] = []
  const io = request.io ?? nodeSourceIo(request.env)
  const { appendsLists } = readFeatureGates(request.featureGates ?? [], problems)
  const read = await readSources({ configs: request.configs, sets: request.sets ?? [] }, io, problems)
  const files = [...read.files]
  let merged: ConfigNode | undefined
  for (const text of read.texts) {
    const tree = parseYamlTree(text, problems)
    if (tree === undefined || isEmptyTree(tree)) continue
    if (tree.kind !== 'map') {
      const remedy =
        'the top of a configuration has the keys receivers, processors, exporters, connectors, extensions, service'
      addProblem(problems, 'SLC0103', 'error', [], tree.place, `expected a map, found ${describeNode(tree)}`, remedy)
      continue
    }
    merged = mergeTrees(merged, unflattenTop(tree), appendsLists ? isListOfIds : undefined)
  }
  const isBroken = hasErrors(problems)
  if (merged === undefined || isEmptyTree(merged)) {
    if (!isBroken) reportEmpty(request, read.texts[0] && { source: read.texts[0], start: 0, end: 0 }, problems)
    return { resolved: undefined, tree: undefined, problems: sortProblems(problems), files }
  }
  const expander = new Expander(io, problems)
  const tree = await expander.expand(merged)
  files.push(...expander.files)
  const resolved = tree.kind === 'map' ? await readAgentConfig(tree, request, problems) : undefined
  const sorted = sortProblems(withoutEchoes(problems))
  return { resolved: hasErrors(sorted) ? undefined : resolved, tree, problems: sorted, files }
}

function reportEmpty(request: LoadRequest, place: Place | undefined, problems: Problem[]): void {
  if (request.configs.length === 0 && (request.sets ?? []).length === 0) {
    addProblem(problems, 'SLC0202', 'error', [], undefined, 'no configuration is given', 'write --config sluice.yaml')
    return
  }
  addProblem(
    problems,
    'SLC0202',
    'error',
    [],
    place,
    'the configuration is empty',
    'give it receivers, exporters and service.pipelines',
  )
}

const topKeys = [...componentKinds.map(sectionOf), 'service']

async function readAgentConfig(
  root: MapNode,
  request: LoadRequest,
  problems: Problem[],
): Promise<AgentConfig | undefined> {
  if (reportManifest(root, problems)) return undefined
  checkTopKeys(root, problems)
  const context = {
    names: request.registry,
    registry: await loadNamed(request.registry, root),
    allowMissing: request.allowMissing === true,
    problems,
    durability: pipelineDurability(root),
  }
  const defined = readDefinitions(root, context)
  const serviceEntry = root.entries.get('service')
  const decoding = newDecoding(problems)
  const service: ServiceConfig = decodeSection(
    serviceConfig,
    { node: serviceEntry?.value, path: ['service'], keyPlace: serviceEntry?.keyPlace },
    decoding,
  )
  const read = readPipelines(root, service, defined, context)
  checkGraph(read.pipelines, defined, read.suspectIds, problems)
  checkAddresses(defined, read.usedIds, service, decoding.listens, problems)
  checkShards(service.shards, defined, read.usedIds, problems)
  return {
    components: defined.flatMap(component => agentComponent(component, read.usedIds)),
    pipelines: read.pipelines.map(({ places: _places, ...pipeline }): AgentPipeline => pipeline),
    extensions: read.extensions,
    telemetry: service.telemetry,
    shards: service.shards,
    fingerprint: fingerprintOf(root),
    tree: root,
  }
}

function agentComponent(component: DefinedComponent, usedIds: ReadonlySet<string>): AgentComponent[] {
  const { registered, listens: _listens, references: _references, ...rest } = component
  if (registered === undefined) return []
  return [{ ...rest, factoryType: registered.type, isUsed: usedIds.has(`${component.kind} ${component.id}`) }]
}

/** A Kubernetes object around the configuration is a common mistake, and each of its keys would be one more error. */
function reportManifest(root: MapNode, problems: Problem[]): boolean {
  const kind = root.entries.get('kind')
  if (kind === undefined || !root.entries.has('apiVersion')) return false
  const name = kind.value.kind === 'scalar' ? kind.value.text : 'object'
  const message = `this is a Kubernetes ${name}, not a configuration`
  const remedy = 'give the text that stands in it (in a ConfigMap, below data), as the pod sees it'
  addProblem(problems, 'SLC0102', 'error', ['kind'], kind.keyPlace, message, remedy)
  return true
}

function checkTopKeys(root: MapNode, problems: Problem[]): void {
  for (const entry of root.entries.values()) {
    if (topKeys.includes(entry.key)) continue
    const close = nearest(entry.key, topKeys)
    let remedy = `allowed at the top: ${topKeys.join(', ')}`
    if (entry.key.startsWith('x-'))
      remedy = 'blocks for anchors stand inside a section: under receivers, processors, ...'
    if (entry.key === 'pipelines' || entry.key === 'telemetry')
      remedy = `"${entry.key}" belongs under service: indent it`
    if (close !== undefined) remedy = `did you mean "${close}"?`
    addProblem(problems, 'SLC0102', 'error', [entry.key], entry.keyPlace, `unknown key "${entry.key}"`, remedy)
  }
}

/** One mistake, one report: a warning gives way to an error about the same place, and doubles to the first. */
function withoutEchoes(problems: readonly Problem[]): Problem[] {
  const placeKey = ({ place }: Problem) =>
    place === undefined ? '' : `${place.source.name}:${place.start}:${place.end}`
  const errors = new Set(
    problems.filter(problem => problem.severity === 'error' && problem.place !== undefined).map(placeKey),
  )
  const seen = new Set<string>()
  return problems.filter(problem => {
    if (problem.code === 'SLC0204' && errors.has(placeKey(problem))) return false
    const key = `${problem.code} ${placeKey(problem)} ${problem.message}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}
