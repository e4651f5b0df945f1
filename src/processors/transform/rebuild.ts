import * as otlp from '../../pdata/otlp-fields.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import { WireWriter } from '../../wire/wire-writer.ts'

/** What statements changed around the records of a scope. */
export interface ScopeChange {
  /** Payload of the scope that takes the old one's place. */
  scope?: Uint8Array
  /** Payloads of records that come behind the others. */
  readonly added: Uint8Array[]
}

export interface ResourceChange {
  /** Payload of the resource that takes the old one's place. */
  resource?: Uint8Array
  /** By the index of the scope group. */
  readonly scopes: Map<number, ScopeChange>
}

/** By the index of the resource group in the request. */
export type SurroundingChanges = Map<number, ResourceChange>

/** The request with other resources and scopes, and with more records; everything else is copied as it stands. */
export function rebuild(request: Uint8Array, changes: SurroundingChanges): Uint8Array {
  const writer = new WireWriter(request.length + 1024)
  copyChildren(writer, request, 0, request.length, otlp.requestResources, (start, end, index) => {
    const change = changes.get(index)
    if (change === undefined) return false
    const group = writer.open(otlp.requestResources)
    if (change.resource !== undefined) writer.bytesField(otlp.groupResource, change.resource)
    const left = change.resource === undefined ? 0 : otlp.groupResource
    copyChildren(
      writer,
      request,
      start,
      end,
      otlp.groupScopes,
      (from, to, scopeIndex) => {
        const scope = change.scopes.get(scopeIndex)
        if (scope !== undefined) writeScope(writer, request, from, to, scope)
        return scope !== undefined
      },
      left,
    )
    writer.close(group)
    return true
  })
  return writer.finish()
}

function writeScope(writer: WireWriter, request: Uint8Array, start: number, end: number, change: ScopeChange): void {
  const group = writer.open(otlp.groupScopes)
  if (change.scope !== undefined) writer.bytesField(otlp.scopeGroupScope, change.scope)
  const left = change.scope === undefined ? 0 : otlp.scopeGroupScope
  copyChildren(writer, request, start, end, 0, () => false, left)
  for (const record of change.added) writer.bytesField(otlp.scopeGroupRecords, record)
  writer.close(group)
}

/** Copies fields as they stand, but for those of number `left`, and for children that `write` has written itself. */
function copyChildren(
  writer: WireWriter,
  request: Uint8Array,
  start: number,
  end: number,
  child: number,
  write: (start: number, end: number, index: number) => boolean,
  left = 0,
): void {
  const cursor = new FieldCursor(request, start, end)
  let index = 0
  while (cursor.next()) {
    const { fieldNumber, fieldStart, valueStart, fieldEnd } = cursor
    const isMessage = cursor.wireType === wireBytes
    if (isMessage && fieldNumber === left) continue
    const isWritten = isMessage && fieldNumber === child && write(valueStart, fieldEnd, index++)
    if (!isWritten) writer.raw(request, fieldStart, fieldEnd)
  }
}
