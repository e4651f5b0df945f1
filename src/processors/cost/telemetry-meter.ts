import { AttributeKey } from '../../pdata/attribute-key.ts'
import { ValueReader } from '../../pdata/value.ts'
import type { ResourceView } from '../../pdata/views.ts'
import { countName } from './spend-counts.ts'

const serviceName = new AttributeKey('service.name')

/** Bytes and items of telemetry by service, as they pass here. */
export class TelemetryMeter {
  readonly #position: string
  readonly #value = new ValueReader()
  #counts = new Map<string, number>()
  #itemsName = ''
  #items = 0

  /** `position` says whether this stands before or after what makes telemetry less. */
  constructor(position: string) {
    this.#position = position
  }

  enterResource(resource: ResourceView): void {
    this.#closeResource()
    const { attributes, message } = resource
    const index = attributes.find(serviceName)
    const { bytes } = message.workspace
    const service =
      index < 0 ? '' : this.#value.reset(bytes, attributes.valueStart(index), attributes.valueEnd(index)).text()
    this.#itemsName = countName('items', [service, this.#position])
    this.#add(countName('bytes', [service, this.#position]), resource.groupLength)
  }

  countItem(): void {
    this.#items++
  }

  take(): ReadonlyMap<string, number> {
    this.#closeResource()
    const counts = this.#counts
    this.#counts = new Map()
    return counts
  }

  #closeResource(): void {
    if (this.#items > 0) this.#add(this.#itemsName, this.#items)
    this.#items = 0
  }

  #add(name: string, count: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }
}
