import { type AgentPipeline, type ComponentKindName, isSignalName, sectionOf, signalNames } from './agent-config.ts'
import { normalizedId, parseComponentId } from './component-id.ts'
import { type DefinedComponent, type DefinitionContext, withArticle } from './component-section.ts'
import type { Reference } from './decoding.ts'
import { listKeys } from './list-keys.ts'
import { nearest } from './nearest.ts'
import { addProblem, type Problem } from './problem.ts'
import type { ServiceConfig } from './sections/service.ts'
import { type ConfigNode, type ConfigPath, type MapNode, nodeAt, type Place } from './tree.ts'

/** A pipeline with the place of each id in it, in the order of receivers, processors, exporters. */
export interface PlacedPipeline extends AgentPipeline {
  readonly places: ReadonlyMap<string, Place>
}

export interface ReadPipelines {
  readonly pipelines: readonly PlacedPipeline[]
  readonly extensions: readonly string[]
  /** `kind id` of every component that something names. */
  readonly usedIds: ReadonlySet<string>
  /** Ids in pipelines that have errors of their own: what else seems wrong with them may only follow from these. */
  readonly suspectIds: ReadonlySet<string>
}

const slots = ['receivers', 'processors', 'exporters'] as const
type Slot = (typeof slots)[number]

const kindsOfSlot: Readonly<Record<Slot, readonly ComponentKindName[]>> = {
  receivers: ['receiver', 'connector'],
  processors: ['processor'],
  exporters: ['exporter', 'connector'],
}

/** Resolves what service.pipelines and service.extensions name, and reports what cannot be resolved. */
export function readPipelines(
  root: MapNode,
  service: ServiceConfig,
  defined: readonly DefinedComponent[],
  context: DefinitionContext,
): ReadPipelines {
  return new PipelineReader(root, defined, context).read(service)
}

class PipelineReader {
  readonly #root: MapNode
  readonly #defined: readonly DefinedComponent[]
  readonly #problems: Problem[]
  readonly #allowMissing: boolean
  readonly #usedIds = new Set<string>()
  readonly #suspectIds = new Set<string>()

  constructor(root: MapNode, defined: readonly DefinedComponent[], context: DefinitionContext) {
    this.#root = root
    this.#defined = defined
    this.#problems = context.problems
    this.#allowMissing = context.allowMissing
  }

  read(service: ServiceConfig): ReadPipelines {
    this.#checkAmbiguity()
    const before = this.#problems.length
    const ids = Object.keys(service.pipelines)
    if (ids.length === 0) this.#reportNoPipelines()
    const pipelines = ids.flatMap(id => {
      const problemsBefore = this.#problems.length
      const lists = service.pipelines[id]
      const pipeline = this.#pipeline(id, lists)
      if (this.#problems.slice(problemsBefore).some(problem => problem.severity === 'error')) {
        for (const slot of slots)
          for (const reference of lists?.[slot] ?? []) this.#suspectIds.add(normalizedId(reference))
      }
      return pipeline
    })
    const extensions = this.#extensions(service.extensions)
    this.#checkReferences(extensions)
    // What seems unused may only be misspelled where it is named.
    const isSound = !this.#problems.slice(before).some(problem => problem.severity === 'error')
    if (isSound && ids.length > 0) this.#reportUnused()
    return { pipelines, extensions, usedIds: this.#usedIds, suspectIds: this.#suspectIds }
  }

  #pipeline(key: string, lists: ServiceConfig['pipelines'][string] | undefined): PlacedPipeline[] {
    const path = ['service', 'pipelines', key]
    const place = this.#keyPlace(path)
    const id = parseComponentId(key)
    const signal = 'message' in id ? key.trim() : id.type
    if ('message' in id || !isSignalName(signal)) {
      const close = nearest(signal, signalNames)
      let remedy = 'write traces, metrics, logs or profiles, and /name behind it if you like'
      if (close !== undefined) remedy = `did you mean "${close}"? ${remedy}`
      const message = 'message' in id ? id.message : `"${signal}" is no signal`
      addProblem(this.#problems, 'SLC0316', 'error', path, place, message, remedy)
      return []
    }
    const places = new Map<string, Place>()
    const resolved = { receivers: [] as string[], processors: [] as string[], exporters: [] as string[] }
    let leftOut = 0
    let undefinedCount = 0
    for (const slot of slots) {
      for (const [index, reference] of (lists?.[slot] ?? []).entries()) {
        const component = this.#reference(slot, reference, [...path, slot, index], signal)
        if (component === undefined) undefinedCount++
        else if (component.registered === undefined) leftOut++
        else if (this.#isNew(resolved[slot], component, slot, [...path, slot, index], places)) {
          resolved[slot].push(component.id)
        }
      }
    }
    const name = id.name === '' ? signal : `${signal}/${id.name}`
    if (!this.#isComplete(resolved, path, place, { leftOut, undefinedCount })) return []
    return [{ id: name, signal, ...resolved, place: place ?? this.#root.place, places }]
  }

  /** The component behind one id of a pipeline; undefined, and reported, where there is none that fits. */
  #reference(
    slot: Slot,
    text: string,
    path: ConfigPath,
    signal: AgentPipeline['signal'],
  ): DefinedComponent | undefined {
    const id = normalizedId(text)
    const place = this.#placeAt(path)
    const kinds = kindsOfSlot[slot]
    const component = this.#defined.find(candidate => candidate.id === id && kinds.includes(candidate.kind))
    if (component === undefined) {
      this.#reportUndefined(kinds, slot, id, path, place)
      return undefined
    }
    this.#usedIds.add(`${component.kind} ${component.id}`)
    const signals = signalsOf(component, slot)
    if (signals !== undefined && !signals.includes(signal)) {
      const message = `the ${component.kind} "${id}" does not take ${signal}`
      const remedy = `it takes ${signals.join(', ')}: remove it here, or name it in a pipeline of these`
      addProblem(this.#problems, 'SLC0307', 'error', path, place, message, remedy, [
        { message: 'defined here', place: component.place },
      ])
    }
    return component
  }

  #reportUndefined(
    kinds: readonly ComponentKindName[],
    slot: Slot,
    id: string,
    path: ConfigPath,
    place: Place | undefined,
  ): void {
    const [kind = 'receiver'] = kinds
    // A section whose id is malformed was reported where it stands.
    if (kinds.some(candidate => this.#section(sectionOf(candidate))?.entries.has(id) === true)) return
    const renamed = this.#defined.find(
      candidate => kinds.includes(candidate.kind) && candidate.registered?.aliases?.includes(id) === true,
    )
    const other = this.#defined.find(candidate => candidate.id === id)
    if (other !== undefined && renamed === undefined) {
      const message = `"${id}" is defined as ${withArticle(other.kind)}, not as ${withArticle(kind)}`
      const fits = slots.find(candidate => kindsOfSlot[candidate].includes(other.kind))
      const remedy = fits === undefined ? 'name it in service.extensions' : `name it under ${fits} of the pipeline`
      addProblem(
        this.#problems,
        'SLC0317',
        'error',
        path,
        place,
        message,
        `${remedy}, or define ${withArticle(kind)} "${id}"`,
        [{ message: 'defined here', place: other.place }],
      )
      return
    }
    const ids = this.#defined.filter(candidate => kinds.includes(candidate.kind)).map(candidate => candidate.id)
    const close = renamed?.id ?? nearest(id, ids)
    // A misspelled type was reported where it is defined; the pipeline has it right.
    if (this.#defined.some(candidate => candidate.id === close && candidate.registered === undefined)) return
    let remedy = `define it: add "${id}:" below ${sectionOf(kind)}`
    if (ids.length > 0) remedy += `; defined there: ${listKeys(ids)}`
    if (close !== undefined) remedy = `did you mean "${close}"? Otherwise add "${id}:" below ${sectionOf(kind)}`
    const message = `${slot} names "${id}", which is not defined`
    addProblem(this.#problems, 'SLC0305', 'error', path, place, message, remedy)
  }

  #isNew(
    ids: readonly string[],
    component: DefinedComponent,
    slot: Slot,
    path: ConfigPath,
    places: Map<string, Place>,
  ): boolean {
    const key = `${slot} ${component.id}`
    const place = this.#placeAt(path) ?? component.place
    const first = places.get(key)
    if (first === undefined || !ids.includes(component.id)) {
      places.set(key, place)
      return true
    }
    const code = slot === 'processors' ? 'SLC0313' : 'SLC0319'
    const severity = slot === 'processors' ? 'error' : 'warning'
    const remedy = slot === 'processors' ? `remove one, or define "${component.type}/2" for the second` : 'remove one'
    addProblem(this.#problems, code, severity, path, place, `"${component.id}" is named twice in this list`, remedy, [
      { message: 'first named here', place: first },
    ])
    return false
  }

  #isComplete(
    resolved: Readonly<Record<Slot, readonly string[]>>,
    path: ConfigPath,
    place: Place | undefined,
    lacking: { readonly leftOut: number; readonly undefinedCount: number },
  ): boolean {
    for (const slot of ['receivers', 'exporters'] as const) {
      if (resolved[slot].length > 0) continue
      // What is undefined was reported where it is named.
      if (lacking.undefinedCount > 0) return false
      if (lacking.leftOut > 0) {
        if (this.#allowMissing) {
          const message = `pipeline "${path.at(-1)}" is left out: it has no ${slot} left`
          addProblem(this.#problems, 'SLC0308', 'warning', path, place, message)
        }
        return false
      }
      const [kind = 'receiver'] = kindsOfSlot[slot]
      const ids = this.#defined.filter(candidate => candidate.kind === kind).map(candidate => candidate.id)
      const remedy = ids.length === 0 ? `add ${slot}: [...]` : `add ${slot}: [${ids[0]}]`
      const message = `pipeline "${path.at(-1)}" needs at least one of its ${slot}`
      addProblem(this.#problems, 'SLC0308', 'error', path, place, message, remedy)
      return false
    }
    return true
  }

  #extensions(references: readonly string[]): string[] {
    const ids: string[] = []
    for (const [index, text] of references.entries()) {
      const id = normalizedId(text)
      const path = ['service', 'extensions', index]
      const place = this.#placeAt(path)
      const component = this.#defined.find(candidate => candidate.kind === 'extension' && candidate.id === id)
      if (component === undefined) {
        this.#reportUndefinedExtension(id, path, place)
        continue
      }
      this.#usedIds.add(`extension ${id}`)
      if (ids.includes(id))
        addProblem(this.#problems, 'SLC0319', 'warning', path, place, `"${id}" is named twice`, 'remove one')
      else if (component.registered !== undefined) ids.push(id)
    }
    return ids
  }

  #reportUndefinedExtension(id: string, path: ConfigPath, place: Place | undefined): void {
    if (this.#section('extensions')?.entries.has(id) === true) return
    const ids = this.#defined.filter(candidate => candidate.kind === 'extension').map(candidate => candidate.id)
    const close = nearest(id, ids)
    const remedy = close === undefined ? `add "${id}:" below extensions` : `did you mean "${close}"?`
    addProblem(
      this.#problems,
      'SLC0305',
      'error',
      path,
      place,
      `service.extensions names "${id}", which is not defined`,
      remedy,
    )
  }

  /** Extensions and pipelines that a component's own section names: storage, authenticator. */
  #checkReferences(extensions: readonly string[]): void {
    const pipelines = [...(this.#section('service', 'pipelines')?.entries.keys() ?? [])].map(normalizedId)
    for (const component of this.#defined) {
      for (const reference of component.references) {
        const id = normalizedId(reference.id)
        if (reference.refers === 'pipeline') {
          if (pipelines.includes(id)) this.#checkJoined(component, id, reference)
          else this.#reportDangling('pipeline', id, pipelines, reference.path, reference.place)
          continue
        }
        const extension = this.#defined.find(candidate => candidate.kind === 'extension' && candidate.id === id)
        if (extension === undefined) {
          const ids = this.#defined.filter(candidate => candidate.kind === 'extension').map(candidate => candidate.id)
          this.#reportDangling('extension', id, ids, reference.path, reference.place)
        } else if (extension.registered === undefined) {
          // Where nothing is tolerated its definition has an error already, and this would only follow from it.
          if (this.#allowMissing) this.#reportLeftOut(id, reference)
        } else if (!extensions.includes(id)) {
          const message = `the extension "${id}" is defined but not started`
          addProblem(
            this.#problems,
            'SLC0305',
            'error',
            reference.path,
            reference.place,
            message,
            `add it: service: {extensions: [${id}]}`,
          )
        }
      }
    }
  }

  /** Without what it names a component would do something else: send without credentials, keep in memory alone. */
  #reportLeftOut(id: string, { path, place }: Reference): void {
    const message = `the extension "${id}" is left out, and this component needs it`
    addProblem(
      this.#problems,
      'SLC0305',
      'error',
      path,
      place,
      message,
      'remove this key as well, or do without the component',
    )
  }

  /** A connector can only send to pipelines that begin with it. */
  #checkJoined(connector: DefinedComponent, pipelineId: string, reference: Reference): void {
    const lists = this.#section('service', 'pipelines')
    const entry = [...(lists?.entries.values() ?? [])].find(({ key }) => normalizedId(key) === pipelineId)
    const receivers = entry?.value.kind === 'map' ? entry.value.entries.get('receivers')?.value : undefined
    const texts = receivers === undefined ? [] : textsOf(receivers)
    if (entry === undefined || texts.includes(connector.id)) return
    const message = `the pipeline "${pipelineId}" does not name "${connector.id}" among its receivers`
    const remedy = `add "${connector.id}" to the receivers of ${pipelineId}`
    addProblem(this.#problems, 'SLC0310', 'error', reference.path, reference.place, message, remedy, [
      { message: 'the pipeline', place: entry.keyPlace },
    ])
  }

  #reportDangling(kind: string, id: string, ids: readonly string[], path: ConfigPath, place: Place): void {
    const close = nearest(id, ids)
    const known = ids.length === 0 ? `the file defines no ${kind}` : `defined: ${listKeys(ids)}`
    const remedy = close === undefined ? known : `did you mean "${close}"?`
    addProblem(this.#problems, 'SLC0305', 'error', path, place, `there is no ${kind} "${id}"`, remedy)
  }

  #checkAmbiguity(): void {
    for (const connector of this.#defined.filter(component => component.kind === 'connector')) {
      for (const other of this.#defined) {
        if (other.id !== connector.id || (other.kind !== 'receiver' && other.kind !== 'exporter')) continue
        const message = `"${connector.id}" is both a connector and ${withArticle(other.kind)}`
        const remedy = `rename one: "${connector.type}/${connector.name === '' ? 'connector' : `${connector.name}2`}"`
        addProblem(this.#problems, 'SLC0312', 'error', ['connectors', connector.id], connector.place, message, remedy, [
          { message: `the ${other.kind}`, place: other.place },
        ])
      }
    }
  }

  #reportUnused(): void {
    for (const { kind, id, place, registered } of this.#defined) {
      if (this.#usedIds.has(`${kind} ${id}`) || registered === undefined) continue
      const where = kind === 'extension' ? 'service.extensions' : 'any pipeline'
      const message = `the ${kind} "${id}" is defined but not named in ${where}`
      addProblem(
        this.#problems,
        'SLC0306',
        'warning',
        [sectionOf(kind), id],
        place,
        message,
        'name it there, or remove it',
      )
    }
  }

  #reportNoPipelines(): void {
    const service = this.#root.entries.get('service')
    const keys = [...this.#root.entries.keys()]
    const isMisspelled = service === undefined && keys.some(key => nearest(key, ['service']) !== undefined)
    // Reported as a key of the wrong name or at the wrong level.
    if (isMisspelled || keys.includes('pipelines')) return
    const place = this.#keyPlace(['service', 'pipelines']) ??
      service?.keyPlace ?? { ...this.#root.place, end: this.#root.place.start }
    const remedy = 'add service: {pipelines: {traces: {receivers: [...], exporters: [...]}}}'
    const message =
      service === undefined
        ? 'there is no "service" section, so nothing would run'
        : 'no pipeline is defined, so nothing would run'
    addProblem(this.#problems, 'SLC0309', 'error', ['service', 'pipelines'], place, message, remedy)
  }

  #section(...path: readonly string[]): MapNode | undefined {
    const node = nodeAt(this.#root, path)
    return node?.kind === 'map' ? node : undefined
  }

  #keyPlace(path: readonly string[]): Place | undefined {
    return this.#section(...path.slice(0, -1))?.entries.get(path.at(-1) ?? '')?.keyPlace
  }

  #placeAt(path: ConfigPath): Place | undefined {
    return nodeAt(this.#root, path)?.place ?? nodeAt(this.#root, path.slice(0, -1))?.place
  }
}

function signalsOf(component: DefinedComponent, slot: Slot): readonly string[] | undefined {
  const { registered } = component
  if (registered?.routes !== undefined) return registered.routes.map(([from, to]) => (slot === 'exporters' ? from : to))
  return registered?.signals
}

/** Ids of a list, also of one written as a text with commas. */
function textsOf(node: ConfigNode): string[] {
  if (node.kind === 'list') return node.items.flatMap(textsOf)
  return node.kind === 'scalar' ? node.text.split(',').map(normalizedId) : []
}
