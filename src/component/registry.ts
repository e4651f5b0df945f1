import type { AnyFactory, ComponentKind } from './component.ts'

/** What this build of the agent can create, by kind and type or alias. */
export class ComponentRegistry {
  readonly #byName = new Map<string, AnyFactory>()
  readonly all: readonly AnyFactory[]

  constructor(factories: readonly AnyFactory[]) {
    this.all = factories
    for (const factory of factories) {
      for (const type of [factory.type, ...(factory.aliases ?? [])]) {
        const name = `${factory.kind}:${type}`
        if (this.#byName.has(name)) throw new Error(`two factories call themselves ${name}`)
        this.#byName.set(name, factory)
      }
    }
  }

  find<K extends ComponentKind>(kind: K, type: string): Extract<AnyFactory, { kind: K }> | undefined {
    return this.#byName.get(`${kind}:${type}`) as Extract<AnyFactory, { kind: K }> | undefined
  }

  ofKind(kind: ComponentKind): readonly AnyFactory[] {
    return this.all.filter(factory => factory.kind === kind)
  }
}
