import { noCall, unusualCall } from '../../model-calls/call-reader.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { type RecordEditor, recordKept, recordUnusual } from '../../pdata/record-editor.ts'
import { varintBefore, varintEnd } from '../../pdata/record-fields.ts'
import type { SpliceOutput } from '../../pdata/splice-output.ts'
import { ResourceView, ScopeView } from '../../pdata/views.ts'
import { Workspace } from '../../pdata/workspace.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import type { CallPricing } from './call-pricing.ts'
import type { CostWriter } from './cost-writer.ts'

/** Of the scope in its group. */
const scopeTag = (otlp.groupResource << 3) | wireBytes

/**
 * Prices calls in requests of the shape that senders write, without views of the spans: what `CostStage` does through them.
 * Spans that are no calls cost a look at their keys, and calls are read in the same pass that finds out where they end.
 */
export class OrdinaryCalls implements RecordEditor {
  readonly #pricing: CallPricing
  readonly #writer: CostWriter
  readonly #overwrites: boolean
  /** No call is ever dropped. */
  readonly dropped = [0]
  /** For what is around the calls: read once for all of them, and only where there are any. */
  readonly #workspace = new Workspace()
  readonly #resource = new ResourceView(this.#workspace)
  readonly #scope = new ScopeView(this.#workspace, this.#resource)
  #groupStart = 0
  #groupEnd = 0
  #scopeStart = 0
  #scopeEnd = 0
  #isInGroup = false
  #isInScope = false

  constructor(pricing: CallPricing, writer: CostWriter, overwrites: boolean) {
    this.#pricing = pricing
    this.#writer = writer
    this.#overwrites = overwrites
  }

  enterGroup(_bytes: Uint8Array, _view: DataView, start: number, end: number): number {
    this.#groupStart = start
    this.#groupEnd = end
    this.#isInGroup = false
    return recordKept
  }

  enterScope(_bytes: Uint8Array, view: DataView, start: number, end: number): number {
    this.#scopeStart = start
    this.#scopeEnd = afterScope(view, start, end)
    this.#isInScope = false
    return recordKept
  }

  look(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const { reader } = this.#pricing
    const found = reader.readOrdinary(bytes, view, start, end)
    if (found === noCall) return recordKept
    return found === unusualCall ? recordUnusual : this.#price(bytes, start, end)
  }

  #price(bytes: Uint8Array, start: number, end: number): number {
    const { reader } = this.#pricing
    if (!this.#overwrites && reader.isPriced) return recordKept
    if (!this.#writer.isNewTo(reader)) return recordUnusual
    if (!this.#isInScope) this.#locate(bytes)
    const status = this.#pricing.priceCall(this.#scope)
    const added = this.#writer.prepare(status, this.#pricing.pricer)
    return added === 0 ? recordKept : end - start + added
  }

  write(output: SpliceOutput, start: number, end: number): void {
    output.copy(start, end)
    this.#writer.writeTo(output)
  }

  abandon(): void {
    this.#pricing.book.discard()
  }

  release(): void {
    if (this.#workspace.sourceLength > 0) this.#workspace.release()
    this.#pricing.release()
  }

  #locate(bytes: Uint8Array): void {
    if (this.#workspace.sourceLength === 0) this.#workspace.reset(bytes)
    if (!this.#isInGroup) {
      this.#isInGroup = true
      this.#resource.reset(this.#groupStart, this.#groupEnd)
      this.#pricing.enterResource(this.#resource)
    }
    this.#isInScope = true
    this.#scope.reset(this.#scopeStart, this.#scopeEnd)
    this.#pricing.enterScope()
  }
}

/**
 * The end of a group's first field, if that is its scope: there is no second one, and looking for it would touch all spans. The
 * end of the group if not.
 */
function afterScope(view: DataView, start: number, end: number): number {
  if (start === end || view.getUint8(start) !== scopeTag) return end
  const payload = varintEnd(view, start + 1, end)
  return payload < 0 ? end : payload + varintBefore(view, start + 1, payload)
}
