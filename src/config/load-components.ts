import { type ComponentList, type ComponentRegistry, componentKinds, sectionOf } from './agent-config.ts'
import { parseComponentId } from './component-id.ts'
import { findRegistered } from './component-section.ts'
import type { MapNode } from './tree.ts'

/** The components that a configuration names: loading all of them would take a start's time and memory for nothing. */
export async function loadNamed(list: ComponentList, root: MapNode): Promise<ComponentRegistry> {
  const named = new Set<ComponentList[number]>()
  for (const kind of componentKinds) {
    const section = root.entries.get(sectionOf(kind))?.value
    if (section?.kind !== 'map') continue
    for (const key of section.entries.keys()) {
      const id = parseComponentId(key)
      const found = 'message' in id ? undefined : findRegistered(list, kind, id.type)
      if (found !== undefined) named.add(found)
    }
  }
  return loadAll([...named])
}

export function loadAll(list: ComponentList): Promise<ComponentRegistry> {
  return Promise.all(list.map(component => ('load' in component ? component.load() : component)))
}
