import type { StagePart, StageProcessor } from '../component/stage-processor.ts'
import { AttributeKey } from '../pdata/attribute-key.ts'
import type { EncodedValue } from '../pdata/constant-attribute.ts'
import type { RecordStep } from '../pdata/record-step.ts'
import { encodeBool, encodeInt, encodeString } from '../pdata/value.ts'
import type { ResourceView } from '../pdata/views.ts'
import { keep, type Verdict } from '../pdata/walk-hooks.ts'

export type ResourceAttributes = Readonly<Record<string, string | number | boolean>>

const noCounts: ReadonlyMap<string, number> = new Map()

/** Writes attributes that are known from the start into every resource. */
export class ResourceAttributesStage implements StageProcessor {
  readonly writes: readonly StagePart[] = ['resource']
  readonly step: RecordStep
  readonly #entries: readonly (readonly [key: AttributeKey, value: EncodedValue])[]
  readonly #overrides: boolean

  /** `overrides`: what a resource says already gives way. */
  constructor(attributes: ResourceAttributes, overrides: boolean) {
    this.#entries = Object.entries(attributes).map(([key, value]) => [new AttributeKey(key), encode(value)])
    this.#overrides = overrides
    const action = overrides ? 'upsert' : 'insert'
    this.step = { resourceEdits: this.#entries.map(([key, value]) => ({ action, key, value })) }
  }

  resource({ attributes }: ResourceView): Verdict {
    for (const [key, value] of this.#entries) {
      if (this.#overrides) attributes.set(key, value)
      else attributes.insert(key, value)
    }
    return keep
  }

  takeCounts(): ReadonlyMap<string, number> {
    return noCounts
  }
}

function encode(value: string | number | boolean): EncodedValue {
  if (typeof value === 'string') return encodeString(value)
  return typeof value === 'boolean' ? encodeBool(value) : encodeInt(value)
}

/** What a companion found out, as the stage gets it; nothing where there is no companion, as in a test. */
export function asResourceAttributes(context: unknown): ResourceAttributes {
  return typeof context === 'object' && context !== null ? (context as ResourceAttributes) : {}
}
