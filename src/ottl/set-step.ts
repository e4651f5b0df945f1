import type { AttributeKey } from '../pdata/attribute-key.ts'
import { ValueSlot } from '../pdata/attribute-plan.ts'
import { anyString } from '../pdata/otlp-fields.ts'
import { ValueReader, valueEmpty } from '../pdata/value.ts'
import type { ContextName, Expression } from './context.ts'
import { SlotText } from './slot-text.ts'
import type { EditorStep } from './statement-step.ts'
import { encodeForOtlp } from './write.ts'

const reader = new ValueReader()

/** What `set` of the attribute with that key does without a walk. */
export function setStep(key: AttributeKey, own: ContextName | undefined, value: Expression): EditorStep | undefined {
  const { isConstant, constant, attribute, text, get } = value
  const action = 'upsert'
  if (isConstant === true) {
    return constant === undefined ? undefined : { edit: { action, key, value: encodeForOtlp(constant) } }
  }
  if (attribute !== undefined) return copyStep(key, attribute, value.context === own)
  if (text !== undefined) {
    const output = new SlotText()
    return {
      edit: { action, key, slot: output.slot },
      prepare(context) {
        const message = text.message(context)
        output.textFrom(message.bytes, anyString, message.valueStart(text.field), message.valueEnd(text.field))
        return true
      },
    }
  }
  const slot = new ValueSlot(new Uint8Array(0))
  return {
    edit: { action, key, slot },
    prepare(context) {
      const given = get(context)
      if (given === undefined) return false
      slot.value = encodeForOtlp(given)
      return true
    },
  }
}

/** The value is that of another attribute, of the same record or of what stands around it. */
function copyStep(key: AttributeKey, from: NonNullable<Expression['attribute']>, isOwn: boolean): EditorStep {
  const output = new SlotText()
  const action = 'upsert'
  return {
    edit: isOwn ? { action, key, from: from.key } : { action, key, slot: output.slot },
    prepare(context) {
      const source = from.reader(context)
      const at = source.find(from.key)
      if (at < 0) return false
      const [start, end] = [source.valueStart(at), source.valueEnd(at)]
      // Nil is not written.
      if (reader.reset(source.bytes, start, end).kind === valueEmpty) return false
      if (!isOwn) output.copyFrom(source.bytes, start, end)
      return true
    },
  }
}
