import * as otlp from '../../pdata/otlp-fields.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
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

/** Records that statements made, and where they belong. */
export interface AddedRecords {
  readonly resourceIndex: number
  readonly scopeIndex: number
  readonly records: readonly Uint8Array[]
  /** What they will be part of. */
  readonly scope: ScopeChange
}

/** Takes the added records out of the changes, in the order of the request. */
export function takeAdded(changes: SurroundingChanges): AddedRecords[] {
  const taken: AddedRecords[] = []
  for (const [resourceIndex, { scopes }] of changes) {
    for (const [scopeIndex, scope] of scopes) {
      if (scope.added.length > 0) taken.push({ resourceIndex, scopeIndex, records: scope.added.splice(0), scope })
    }
  }
  return taken
}

/** A request of the added records alone: a resource group for each place, with the resource and the scope of that place. */
export function requestOfAdded(request: Uint8Array, added: readonly AddedRecords[]): Uint8Array {
  const writer = new WireWriter(1024)
  for (const { resourceIndex, scopeIndex, records } of added) {
    const [start, end] = childAt(request, 0, request.length, otlp.requestResources, resourceIndex)
    const [from, to] = childAt(request, start, end, otlp.groupScopes, scopeIndex)
    const group = writer.open(otlp.requestResources)
    copyChildren(writer, request, start, end, 0, () => false, otlp.groupScopes)
    const scopeGroup = writer.open(otlp.groupScopes)
    copyChildren(writer, request, from, to, 0, () => false, otlp.scopeGroupRecords)
    for (const record of records) writer.bytesField(otlp.scopeGroupRecords, record)
    writer.close(scopeGroup)
    writer.close(group)
  }
  return writer.finish()
}

/** Payloads of the records of each resource group. */
export function recordsOf(request: Uint8Array): Uint8Array[][] {
  return childrenOf(request, 0, request.length, otlp.requestResources).map(([start, end]) =>
    childrenOf(request, start, end, otlp.groupScopes).flatMap(([from, to]) =>
      childrenOf(request, from, to, otlp.scopeGroupRecords).map(([first, last]) => copyBytes(request, first, last)),
    ),
  )
}

type Range = readonly [start: number, end: number]

function childrenOf(request: Uint8Array, start: number, end: number, child: number): Range[] {
  const ranges: Range[] = []
  const cursor = new FieldCursor(request, start, end)
  while (cursor.next()) {
    if (cursor.fieldNumber === child && cursor.wireType === wireBytes) ranges.push([cursor.valueStart, cursor.fieldEnd])
  }
  return ranges
}

function childAt(request: Uint8Array, start: number, end: number, child: number, index: number): Range {
  return childrenOf(request, start, end, child)[index]!
}
