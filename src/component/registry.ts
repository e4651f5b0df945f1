import type { AnyFactory, ComponentKind } from './component.ts'

/** A component of which only the names are known: its code is loaded when a configuration names it. */
export interface ListedComponent {
  readonly kind: ComponentKind
  readonly type: string
  readonly aliases?: readonly string[]
  load(): Promise<AnyFactory>
}

/** One line of the list of components; of several names the first is the type, the others are its aliases. */
export function listed(
  kind: ComponentKind,
  names: string | readonly string[],
  importModule: () => Promise<Readonly<Record<string, unknown>>>,
): ListedComponent {
  const [type = '', ...aliases] = typeof names === 'string' ? [names] : names
  const load = async () => {
    const exported = Object.values(await importModule()) as (Partial<AnyFactory> | undefined)[]
    const factory = exported.find(value => value?.kind === kind && value.type === type)
    if (factory === undefined) throw new Error(`no factory is called ${kind} "${type}" in its module`)
    return factory as AnyFactory
  }
  return { kind, type, aliases, load }
}

/** What this build of the agent can create, by kind and type or alias. */
export class ComponentRegistry {
  readonly #byName = new Map<string, AnyFactory | ListedComponent>()
  readonly #loaded = new Map<AnyFactory | ListedComponent, Promise<AnyFactory> | AnyFactory>()
  readonly all: readonly (AnyFactory | ListedComponent)[]

  constructor(components: readonly (AnyFactory | ListedComponent)[]) {
    this.all = components.map(component => {
      const entry = 'load' in component ? { ...component, load: () => this.#load(component) } : component
      for (const type of [entry.type, ...(entry.aliases ?? [])]) {
        const name = `${entry.kind}:${type}`
        if (this.#byName.has(name)) throw new Error(`two factories call themselves ${name}`)
        this.#byName.set(name, component)
      }
      return entry
    })
  }

  /** Undefined where there is no such component. Throws for one that nobody has loaded. */
  find<K extends ComponentKind>(kind: K, type: string): Extract<AnyFactory, { kind: K }> | undefined {
    const entry = this.#byName.get(`${kind}:${type}`)
    const factory = entry === undefined || !('load' in entry) ? entry : this.#loaded.get(entry)
    if (entry !== undefined && (factory === undefined || factory instanceof Promise)) {
      throw new Error(`${kind} "${type}" is used before it was loaded`)
    }
    return factory as Extract<AnyFactory, { kind: K }> | undefined
  }

  /** As `find`, of a component that may not be loaded yet. */
  async load<K extends ComponentKind>(kind: K, type: string): Promise<Extract<AnyFactory, { kind: K }> | undefined> {
    const entry = this.#byName.get(`${kind}:${type}`)
    if (entry !== undefined && 'load' in entry) await this.#load(entry)
    return this.find(kind, type)
  }

  loadAll(): Promise<readonly AnyFactory[]> {
    return Promise.all(this.all.map(entry => ('load' in entry ? entry.load() : entry)))
  }

  async #load(component: ListedComponent): Promise<AnyFactory> {
    let factory = this.#loaded.get(component)
    if (factory === undefined) {
      factory = component.load()
      this.#loaded.set(component, factory)
    }
    const loaded = await factory
    this.#loaded.set(component, loaded)
    return loaded
  }
}
