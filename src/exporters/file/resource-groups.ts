import { countItems } from '../../pdata/count.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import * as otlp from '../../pdata/otlp-fields.ts'
import { readText } from '../../pdata/text.ts'
import { ValueReader, valueString } from '../../pdata/value.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { wireBytes } from '../../wire/wire-type.ts'

const reader = new ValueReader()

export interface ResourceGroups {
  /** By the attribute's text: fields of the request, each of them a request. */
  readonly parts: ReadonlyMap<string, Uint8Array[]>
  /** Items of resources that lack the attribute, or where it is no text. */
  readonly otherItemCount: number
}

/** Sorts the resources of a request by a text attribute. Throws `WireError` where the request is malformed. */
export function groupByAttribute(signal: Signal, requests: readonly Uint8Array[], key: string): ResourceGroups {
  const parts = new Map<string, Uint8Array[]>()
  let otherItemCount = 0
  for (const bytes of requests) {
    const request = new FieldCursor(bytes)
    while (request.next()) {
      if (request.fieldNumber !== otlp.requestResources || request.wireType !== wireBytes) continue
      const part = bytes.subarray(request.fieldStart, request.fieldEnd)
      const text = attributeText(bytes, request.valueStart, request.fieldEnd, key)
      if (text === undefined) {
        otherItemCount += countItems(signal, part)
        continue
      }
      const group = parts.get(text)
      if (group === undefined) parts.set(text, [part])
      else group.push(part)
    }
  }
  return { parts, otherItemCount }
}

/** Of the resource in the group at `bytes[start, end)`: the first attribute of that name counts. */
function attributeText(bytes: Uint8Array, start: number, end: number, key: string): string | undefined {
  for (const resource of messages(bytes, start, end, otlp.groupResource)) {
    for (const attribute of messages(bytes, resource.valueStart, resource.fieldEnd, otlp.resourceAttributes)) {
      const pair = new FieldCursor(bytes, attribute.valueStart, attribute.fieldEnd)
      let name = ''
      let text: string | undefined
      while (pair.next()) {
        if (pair.fieldNumber === otlp.keyValueKey) name = readText(bytes, pair.valueStart, pair.fieldEnd)
        else if (pair.fieldNumber === otlp.keyValueValue) text = textOf(bytes, pair.valueStart, pair.fieldEnd)
      }
      if (name === key) return text
    }
  }
  return undefined
}

function textOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  return reader.reset(bytes, start, end).kind === valueString ? reader.text() : undefined
}

function* messages(bytes: Uint8Array, start: number, end: number, fieldNumber: number): Generator<FieldCursor> {
  const cursor = new FieldCursor(bytes, start, end)
  while (cursor.next()) if (cursor.fieldNumber === fieldNumber && cursor.wireType === wireBytes) yield cursor
}
