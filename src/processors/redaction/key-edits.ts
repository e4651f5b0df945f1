import type { AttributeList } from '../../pdata/attribute-list.ts'
import { encodeString, type JsValue, ValueReader } from '../../pdata/value.ts'
import { FieldCursor } from '../../wire/field-cursor.ts'
import { wireBytes } from '../../wire/wire-type.ts'
import type { KeyRule } from './policy.ts'

const valueField = 2
const stringTag = 0x0a
const bytesTag = 0x3a
const reader = new ValueReader()

/** Whether the value of the attribute that begins at `fieldStart` is text or bytes, which ranges can replace. */
export function hasTextValue(bytes: Uint8Array, fieldStart: number): boolean {
  const outer = new FieldCursor(bytes, fieldStart, bytes.length)
  outer.next()
  const cursor = new FieldCursor(bytes, outer.valueStart, outer.fieldEnd)
  let tag = stringTag
  while (cursor.next()) {
    if (cursor.fieldNumber !== valueField || cursor.wireType !== wireBytes || cursor.valueStart === cursor.fieldEnd)
      continue
    tag = bytes[cursor.valueStart]!
  }
  return tag === stringTag || tag === bytesTag
}

/** What the rules for keys ask of attributes and of members of bodies, beside ranges of text. */
export class KeyEdits {
  /** Attributes to remove, by where they begin. */
  readonly #removed = new Set<number>()
  /** Attributes whose value becomes this text. */
  readonly #replaced = new Map<number, string>()
  /** Records whose body has members to remove or to replace. */
  readonly #bodies = new Set<number>()

  isEmpty = true

  clear(): void {
    // What is empty is not cleared: it would get a new table all the same.
    if (this.isEmpty) return
    this.isEmpty = true
    this.#removed.clear()
    this.#replaced.clear()
    this.#bodies.clear()
  }

  remove(fieldStart: number): void {
    this.isEmpty = false
    this.#removed.add(fieldStart)
  }

  replace(fieldStart: number, text: string): void {
    this.isEmpty = false
    this.#replaced.set(fieldStart, text)
  }

  editBodyOf(record: number): void {
    this.isEmpty = false
    this.#bodies.add(record)
  }

  isBodyEdited(record: number): boolean {
    return this.#bodies.size > 0 && this.#bodies.has(record)
  }

  apply(attributes: AttributeList): void {
    for (let i = 0; i < attributes.size; i++) {
      const start = attributes.fieldStart(i)
      if (this.#removed.has(start)) attributes.removeAt(i)
      else {
        const text = this.#replaced.get(start)
        if (text !== undefined) attributes.setValue(i, encodeString(text))
      }
    }
  }
}

/** How a body is written anew. */
export interface BodyEditor {
  keyRule(key: string): KeyRule
  /** Text with what detectors find in it replaced. */
  inspect(text: string, key: string): string
  /** What takes the place of a forced value. */
  replacement(text: string): string
}

/** A body without the members that are dropped, with those that are forced replaced, and the rest inspected. */
export function editedBody(bytes: Uint8Array, start: number, end: number, editor: BodyEditor): JsValue {
  reader.reset(bytes, start, end)
  const value = reader.toJs()
  if (!(value instanceof Map)) return inspected(value, '', editor)
  const out = new Map<string, JsValue>()
  for (const [key, item] of value) {
    const rule = editor.keyRule(key)
    if (rule === 'drop') continue
    if (rule === 'force') out.set(key, editor.replacement(typeof item === 'string' ? item : String(item)))
    else out.set(editor.inspect(key, ''), rule === 'exempt' ? item : inspected(item, key, editor))
  }
  return out
}

function inspected(value: JsValue, key: string, editor: BodyEditor): JsValue {
  if (typeof value === 'string') return editor.inspect(value, key)
  if (Array.isArray(value)) return value.map(item => inspected(item, key, editor))
  if (value instanceof Map)
    return new Map(
      [...value].map(([name, item]) => [editor.inspect(name, ''), inspected(item, `${key}.${name}`, editor)]),
    )
  if (!(value instanceof Uint8Array)) return value
  const text = Buffer.from(value).toString('latin1')
  const made = editor.inspect(text, key)
  return made === text ? value : Buffer.from(made, 'latin1')
}
