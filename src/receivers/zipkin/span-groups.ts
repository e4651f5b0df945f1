import {
  groupResource,
  groupScopes,
  requestResources,
  scopeGroupRecords,
  scopeGroupScope,
} from '../../pdata/otlp-fields.ts'
import { WireWriter } from '../../wire/wire-writer.ts'

/**
 * Spans that follow each other with the same resource and scope share a group of OTLP. A span is written where it would stand
 * in the open group; only when it is complete its resource and scope are known, and it moves if they are others.
 */
export class SpanGroups {
  /** Fields of the current span's resource and scope. */
  readonly resource = new WireWriter(256)
  readonly scope = new WireWriter(64)
  /** The same of the open group. */
  readonly #groupResource = new WireWriter(256)
  readonly #groupScope = new WireWriter(64)
  #isOpen = false
  /** The open group has no span yet. */
  #isNew = false
  #resourceMark = 0
  #scopeMark = 0
  #spanStart = 0
  #spanMark = 0

  reset(): void {
    this.#isOpen = false
  }

  /** The fields of a span follow, in `writer`, in `resource` and in `scope`. */
  beginSpan(writer: WireWriter): void {
    if (!this.#isOpen) this.#open(writer)
    this.#spanStart = writer.length
    this.#spanMark = writer.openWide(scopeGroupRecords)
    this.resource.reset()
    this.scope.reset()
  }

  endSpan(writer: WireWriter): void {
    if (this.#isNew) this.#takeOver()
    else if (!isSameContent(this.resource, this.#groupResource) || !isSameContent(this.scope, this.#groupScope)) {
      const span = writer.buffer.slice(this.#spanMark, writer.length)
      writer.truncate(this.#spanStart)
      this.close(writer)
      this.#open(writer)
      this.#takeOver()
      writer.bytesField(scopeGroupRecords, span)
      return
    }
    writer.closeWide(this.#spanMark)
  }

  /** Ends the open group; its scope and resource come after its spans, as protobuf leaves the order free. */
  close(writer: WireWriter): void {
    if (!this.#isOpen) return
    const scope = this.#groupScope
    if (scope.length > 0) writer.bytesField(scopeGroupScope, scope.buffer, 0, scope.length)
    writer.close(this.#scopeMark)
    writer.bytesField(groupResource, this.#groupResource.buffer, 0, this.#groupResource.length)
    writer.close(this.#resourceMark)
    this.#isOpen = false
  }

  #open(writer: WireWriter): void {
    this.#resourceMark = writer.open(requestResources)
    this.#scopeMark = writer.open(groupScopes)
    this.#isOpen = true
    this.#isNew = true
  }

  /** The open group is the current span's. */
  #takeOver(): void {
    this.#isNew = false
    copyInto(this.#groupResource, this.resource)
    copyInto(this.#groupScope, this.scope)
  }
}

function isSameContent(a: WireWriter, b: WireWriter): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a.buffer[i] !== b.buffer[i]) return false
  return true
}

function copyInto(target: WireWriter, source: WireWriter): void {
  target.reset().raw(source.buffer, 0, source.length)
}
