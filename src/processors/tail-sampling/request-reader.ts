import { OrdinaryItem } from '../../pdata/ordinary-item.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import type { SpanReader, SurroundingReader } from '../../pdata/record-reader.ts'
import type { StepQuestions } from '../../pdata/step-questions.ts'
import { ResourceView, ScopeView, SpanView } from '../../pdata/views.ts'
import { Workspace } from '../../pdata/workspace.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import type { RangeLists } from './range-lists.ts'
import type { WaitingRequest } from './span-index.ts'

/** Called for each span: the view, its payload, and the number of its scope group. */
export type OnSpan = (
  span: SpanReader,
  start: number,
  end: number,
  scope: number,
  resource: SurroundingReader,
  resourceIndex: number,
) => void

/** Walks a request once, and notes where its groups' own fields stand, so that any of its spans can be sent on later. */
export class RequestReader {
  readonly #workspace = new Workspace()
  readonly #resource = new ResourceView(this.#workspace)
  readonly #scope = new ScopeView(this.#workspace, this.#resource)
  readonly #span = new SpanView(this.#workspace, this.#scope)
  /** Reads spans of the shape that senders write without views. */
  readonly #item: OrdinaryItem | undefined
  readonly #asksResource: boolean
  readonly #asksScope: boolean
  readonly #asksStatus: boolean
  readonly #requestCursor = new FieldCursor()
  readonly #groupCursor = new FieldCursor()
  readonly #scopeCursor = new FieldCursor()
  /** Numbers of the first groups of what was read last. */
  #firstResource = 0
  #firstScope = 0

  /** `questions` are about spans and their resources; undefined where only views can answer all. */
  constructor(questions: StepQuestions | undefined) {
    this.#item = questions && OrdinaryItem.of('traces', questions)
    this.#asksResource = questions?.asksResource === true
    this.#asksScope = questions?.asksScope === true
    this.#asksStatus = questions !== undefined && (questions.fields & (1 << otlp.spanStatus)) !== 0
  }

  /**
   * Notes where the groups in `[start, end)` stand, behind those that are known: `onSpan` may then refer to them. Throws
   * `WireError` on malformed input.
   */
  read({ bytes, resources, scopes, scopeResources }: WaitingRequest, start: number, end: number): void {
    this.#firstResource = resources.count
    this.#firstScope = scopes.count
    const request = this.#requestCursor.reset(bytes, start, end)
    while (request.next()) {
      if (request.fieldNumber !== otlp.requestResources || request.wireType !== wireBytes) continue
      rangesBeside(resources, bytes, request.valueStart, request.fieldEnd, otlp.groupScopes)
      const group = this.#groupCursor.reset(bytes, request.valueStart, request.fieldEnd)
      while (group.next()) {
        if (group.fieldNumber !== otlp.groupScopes || group.wireType !== wireBytes) continue
        rangesBeside(scopes, bytes, group.valueStart, group.fieldEnd, otlp.scopeGroupRecords)
        scopeResources.push(resources.count - 1)
      }
    }
  }

  /** Calls `onSpan` for every span in `[start, end)`, in order: the part that `read` was called with last. */
  visit({ bytes }: WaitingRequest, start: number, end: number, onSpan: OnSpan): void {
    this.#workspace.reset(bytes)
    const item = this.#item
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let scopeIndex = this.#firstScope - 1
    let resourceIndex = this.#firstResource - 1
    const request = this.#requestCursor.reset(bytes, start, end)
    while (request.next()) {
      if (request.fieldNumber !== otlp.requestResources || request.wireType !== wireBytes) continue
      resourceIndex++
      this.#resource.reset(request.valueStart, request.fieldEnd)
      const isResourceOrdinary = this.#enter('resource', bytes, view, request.valueStart, request.fieldEnd)
      const group = this.#groupCursor.reset(bytes, request.valueStart, request.fieldEnd)
      while (group.next()) {
        if (group.fieldNumber !== otlp.groupScopes || group.wireType !== wireBytes) continue
        scopeIndex++
        this.#scope.reset(group.valueStart, group.fieldEnd)
        const isScopeOrdinary =
          isResourceOrdinary && this.#enter('scope', bytes, view, group.valueStart, group.fieldEnd)
        const scope = this.#scopeCursor.reset(bytes, group.valueStart, group.fieldEnd)
        while (scope.next()) {
          if (scope.fieldNumber !== otlp.scopeGroupRecords || scope.wireType !== wireBytes) continue
          const { valueStart, fieldEnd } = scope
          if (item !== undefined && isScopeOrdinary && this.#isOrdinary(item, bytes, view, valueStart, fieldEnd)) {
            onSpan(item, valueStart, fieldEnd, scopeIndex, item.resource, resourceIndex)
            continue
          }
          this.#span.reset(valueStart, fieldEnd, scope.fieldStart, fieldEnd)
          onSpan(this.#span, valueStart, fieldEnd, scopeIndex, this.#resource, resourceIndex)
        }
      }
    }
    this.#workspace.release()
    item?.release()
  }

  /** Points the item at the resource or scope of a group; false where it is asked about and for the views. */
  #enter(part: 'resource' | 'scope', bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    const item = this.#item
    if (item === undefined) return false
    if (!(part === 'resource' ? this.#asksResource : this.#asksScope)) return true
    return item[part].find(bytes, view, start, end) && item[part].read()
  }

  /** Points the item at a span; false where something that may be asked about it is for the views. */
  #isOrdinary(item: OrdinaryItem, bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
    return item.read(bytes, view, start, end) && (!this.#asksStatus || item.readStatus())
  }
}

/** Adds the list of the ranges of all fields but `field`. */
function rangesBeside(ranges: RangeLists, bytes: Uint8Array, start: number, end: number, field: number): void {
  const cursor = new FieldCursor(bytes, start, end)
  while (cursor.next()) {
    if (cursor.fieldNumber === field && cursor.wireType === wireBytes) continue
    ranges.add(cursor.fieldStart, cursor.fieldEnd)
  }
  ranges.close()
}
