import type { AttributeList } from '../pdata/attribute-list.ts'
import { ValueReader, valueString } from '../pdata/value.ts'
import type { ContextName, Expression, OttlContext } from './context.ts'
import type { Parameter } from './parameters.ts'
import type { EditorStep } from './statement-step.ts'
import type { OttlValue } from './value.ts'
import { asMap, writeAttributeAt } from './write.ts'

/** What a statement does to the item that the context points at. Throws `EvaluationError`. */
export type Edit = (context: OttlContext) => void

/** An editor: a function of a statement that changes data. */
export interface Editor {
  readonly parameters: readonly Parameter<unknown>[]
  /** Contexts that it may be used in; all where absent. */
  readonly only?: readonly ContextName[]
  /** How many of the first arguments are written to. */
  readonly targetCount: number
  /** Whether it makes new metrics. */
  readonly addsMetrics?: boolean
  /** Throws `OttlError` where the arguments cannot go together. */
  readonly make: (args: readonly (Expression | undefined)[], own: ContextName, at: number) => Edit
  /** The same for a record that is read without a walk; undefined where that is more than an edit of one attribute. */
  readonly step?: (args: readonly (Expression | undefined)[], own: ContextName, at: number) => EditorStep | undefined
}

export type Editors = Readonly<Record<string, Editor>>

/** A question about text, as bytes of UTF-8 or as a string, whichever is at hand. */
export interface TextTest {
  testBytes(bytes: Uint8Array, start: number, end: number): boolean
  test(text: string): boolean
}

/** Removes members by their keys: attributes in place, any other map through a copy. */
export function removeWhere(target: Expression, context: OttlContext, test: TextTest): void {
  if (target.list !== undefined) {
    const attributes = target.list(context)
    for (let i = 0; i < attributes.size; i++) {
      if (attributes.isRemoved(i)) continue
      if (test.testBytes(attributes.bytes, attributes.keyStart(i), attributes.keyEnd(i))) attributes.removeAt(i)
    }
    return
  }
  const members = asMap(target.get(context))
  const left = new Map([...members].filter(([key]) => !test.test(key)))
  if (left.size < members.size) target.set!(context, left)
}

const reader = new ValueReader()

/** Rewrites the texts of members that pass the test. */
export function rewriteTexts(
  target: Expression,
  context: OttlContext,
  test: TextTest,
  rewrite: (text: string) => string,
): void {
  if (target.list !== undefined) {
    const attributes = target.list(context)
    for (let i = 0; i < attributes.size; i++) {
      if (attributes.isRemoved(i) || !readValue(attributes, i)) continue
      if (!test.testBytes(reader.bytes, reader.start, reader.end)) continue
      writeAttributeAt(attributes, i, rewrite(reader.text()))
    }
    return
  }
  let isChanged = false
  const members = new Map<string, OttlValue>()
  for (const [key, value] of asMap(target.get(context))) {
    const isMatch = typeof value === 'string' && test.test(value)
    members.set(key, isMatch ? rewrite(value) : value)
    isChanged ||= isMatch
  }
  if (isChanged) target.set!(context, members)
}

/** Points the reader at the value; false where it is no text. */
function readValue(attributes: AttributeList, index: number): boolean {
  reader.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index))
  return reader.kind === valueString
}

/** Gives the target the map that `change` makes of its own. */
export function rewriteMap(
  target: Expression,
  context: OttlContext,
  change: (members: ReadonlyMap<string, OttlValue>) => Map<string, OttlValue>,
): void {
  target.set!(context, change(asMap(target.get(context))))
}
