import { isUtf8 } from 'node:buffer'
import type { AttributeList } from '../../pdata/attribute-list.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import { encodeValue } from '../../pdata/value.ts'
import type { LogRecordView } from '../../pdata/views.ts'
import { BytesMemo } from '../../processor-helper/bytes-memo.ts'
import type { Detector } from './detectors/detect.ts'
import { latin1 } from './detectors/text-bytes.ts'
import { classIndex, fieldClasses } from './fields.ts'
import { type Decision, Inspector } from './inspector.ts'
import { type BodyEditor, editedBody, hasTextValue, KeyEdits } from './key-edits.ts'
import type { KeyRule, Policy } from './policy.ts'
import { type FieldVisitor, RequestVisitor } from './request-visitor.ts'
import type { CandidateScanner, Candidates } from './scan/candidates.ts'

/** What was taken out of a record, for its sealed attribute. */
interface Original {
  readonly detector: string
  readonly field: string
  readonly text: string
}

/** Looks through one request and notes what has to change; the stage's hooks carry it out. */
export class RequestRedaction implements FieldVisitor {
  readonly seesEverything: boolean
  /** Ranges to replace, in the request's offsets. */
  readonly edits: Decision[] = []
  readonly counts = new Map<string, number>()
  readonly #policy: Policy
  readonly #inspector: Inspector
  readonly #visitor: RequestVisitor
  readonly #keyEdits = new KeyEdits()
  readonly #droppedRecords = new Set<number>()
  readonly #originals = new Map<number, Original[]>()
  readonly #keyRules = new BytesMemo<{ readonly rule: KeyRule }>()
  /** Names of attributes in which nothing was found: the same few come again and again. */
  readonly #cleanKeys = new BytesMemo<true>()
  #bytes: Uint8Array = new Uint8Array(0)
  /** What a first look at the request left; undefined without one. */
  #places: Candidates | undefined
  #record = -1
  /** The attribute of a record, resource or the like that is being visited; -1 outside. */
  #attribute = -1
  isForced = false

  constructor(policy: Policy, scanner: CandidateScanner, signal: Signal) {
    this.#policy = policy
    this.seesEverything = policy.seesEverything
    const outcomes = policy.names.map((name, id) => `matches|${name}|${policy.actions[id]!.name}`)
    this.#inspector = new Inspector(policy, scanner, {
      found: id => this.#count(outcomes[id]!),
      excepted: (_id, reason) => this.#count(`suppressed|${reason}`),
    })
    this.#visitor = new RequestVisitor(signal, this, policy.seesKeys)
  }

  get detector(): Detector {
    return this.#inspector.detector
  }

  get hasEdits(): boolean {
    return this.edits.length > 0 || this.hasAttributeEdits || this.#droppedRecords.size > 0
  }

  /** Whether nothing but ranges changes. */
  get hasRangesOnly(): boolean {
    return this.edits.length > 0 && this.#keyEdits.isEmpty && this.#droppedRecords.size === 0
  }

  get hasAttributeEdits(): boolean {
    return !this.#keyEdits.isEmpty
  }

  clear(): void {
    if (this.edits.length > 0) this.edits.length = 0
    this.#keyEdits.clear()
    if (this.#droppedRecords.size > 0) this.#droppedRecords.clear()
    if (this.#originals.size > 0) this.#originals.clear()
    this.#record = -1
    this.#attribute = -1
    this.isForced = false
  }

  /** Looks at the values that contain one of the hot offsets, all with -1; in them at `places`, where they are known. */
  inspect(bytes: Uint8Array, hot: Uint32Array, hotCount: number, places?: Candidates): void {
    this.clear()
    this.#bytes = bytes
    this.#places = places
    this.#visitor.run(bytes, hot, hotCount)
    if (this.#policy.isDryRun) this.clear()
  }

  beginRecord(fieldStart: number): void {
    this.#record = fieldStart
  }

  visitAttribute(fieldStart: number, keyStart: number, keyEnd: number, fieldClass: number): boolean {
    this.#attribute = fieldStart
    this.isForced = false
    if (this.#policy.isFieldOn[fieldClass] === 0) return false
    if (!this.#policy.hasKeyRules) return true
    const isInBody = fieldClass === classIndex.log_body
    switch (this.#keyRule(keyStart, keyEnd)) {
      case 'exempt':
        return false
      case 'drop':
        this.#count('matches|key|drop')
        // Members of a body are no attributes: the body is written anew.
        if (isInBody) this.#keyEdits.editBodyOf(this.#record)
        else this.#keyEdits.remove(fieldStart)
        return isInBody
      case 'force':
        if (isInBody) this.#keyEdits.editBodyOf(this.#record)
        else if (!hasTextValue(this.#bytes, fieldStart)) {
          this.#countForced()
          this.#keyEdits.replace(fieldStart, this.#forcedText(this.#bytes.subarray(keyEnd, keyEnd)))
          return false
        }
        this.isForced = true
        return true
      default:
        return true
    }
  }

  /** From memory for names seen before, without making text of them. */
  #keyRule(start: number, end: number): KeyRule {
    let known = this.#keyRules.get(this.#bytes, start, end)
    if (known === undefined) {
      known = { rule: this.#policy.keyRule(latin1(this.#bytes, start, end)) }
      this.#keyRules.set(this.#bytes, start, end, known)
    }
    return known.rule
  }

  endAttribute(): void {
    this.#attribute = -1
    this.isForced = false
  }

  visitText(start: number, end: number, fieldClass: number, key: string, isId: boolean): void {
    if (this.#policy.isFieldOn[fieldClass] === 0 || start === end) return
    if (isId && !isReadableId(this.#bytes, start, end)) return
    try {
      if (this.isForced && key !== '') this.#force(start, end)
      else this.#inspectValue(start, end, fieldClass, key, isId)
    } catch (error) {
      this.#fail(start, end, 'inspection', error)
    }
  }

  #inspectValue(start: number, end: number, fieldClass: number, key: string, isId: boolean): void {
    const { maxValueBytes, isDetecting } = this.#policy
    if (!isDetecting) return
    if (maxValueBytes > 0 && end - start > maxValueBytes) {
      this.#fail(start, end, 'oversized', undefined)
      return
    }
    // An option's name may speak of the text behind it.
    const isKey = fieldClass === classIndex.attribute_keys && this.#bytes[start] !== 0x2d
    if (isKey && this.#cleanKeys.get(this.#bytes, start, end) === true) return
    const decisions = this.#inspector.inspect(this.#bytes, start, end, key, this.#places)
    if (isKey && !this.#inspector.hasFindings) this.#cleanKeys.set(this.#bytes, start, end, true)
    if (decisions.length === 0) return
    if (!isValidText(this.#bytes, start, end)) this.#count('errors|invalid_utf8')
    for (const decision of decisions) {
      // Ids keep their length: everything downstream counts on it.
      this.#take(
        isId ? { ...decision, replacement: new Uint8Array(decision.end - decision.start).fill(0x2a) } : decision,
        start,
        end,
        fieldClass,
      )
    }
  }

  #take(decision: Decision, start: number, end: number, fieldClass: number): void {
    const { actions, names } = this.#policy
    const { id } = decision
    const { name } = actions[id]!
    if (name === 'drop_record' && this.#record >= 0) this.#droppedRecords.add(this.#record)
    else if (name === 'drop' && this.#attribute >= 0 && fieldClasses[fieldClass] !== 'attribute_keys')
      this.#keyEdits.remove(this.#attribute)
    else if (name === 'drop') {
      this.#replaceWhole({ id, start, end, replacement: new Uint8Array(0) })
      return
    }
    if (name === 'encrypt' && this.#record >= 0) {
      const list = this.#originals.get(this.#record) ?? []
      if (list.length === 0) this.#originals.set(this.#record, list)
      list.push({
        detector: names[id]!,
        field: fieldClasses[fieldClass]!,
        text: Buffer.from(this.#bytes.subarray(decision.start, decision.end)).toString(),
      })
    }
    // What else stands in a field that is replaced as a whole goes with it.
    const last = this.edits.at(-1)
    if (last === undefined || last.end <= decision.start) this.edits.push(decision)
  }

  /** Replaces a whole field, and with it what was found in it before. */
  #replaceWhole(decision: Decision): void {
    while (this.edits.length > 0 && this.edits.at(-1)!.start >= decision.start) this.edits.pop()
    this.edits.push(decision)
  }

  /** The whole value of a key that the configuration names. */
  #force(start: number, end: number): void {
    this.#countForced()
    this.edits.push({ id: this.#policy.forcedKeyId, start, end, replacement: this.#forced(this.#bytes, start, end) })
  }

  #countForced(): void {
    const { forcedKeyId, actions } = this.#policy
    this.#count(`matches|key|${actions[forcedKeyId]!.name}`)
  }

  #forced(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const { forcedKeyId, actions, replacements } = this.#policy
    const action = actions[forcedKeyId]!
    const isPlain = action.label === '' && (action.name === 'label' || start === end)
    return replacements.replace(
      isPlain ? { ...action, name: 'label', label: '[redacted]' } : action,
      'key',
      bytes,
      start,
      end,
    )
  }

  /** What takes the place of a value that is no text, or of a member of a body; the label where there is no text to work on. */
  #forcedText(bytes: Uint8Array): string {
    return Buffer.from(this.#forced(bytes, 0, bytes.length)).toString()
  }

  /** Something went wrong with a value, or it is more than is looked at: never let it pass unless that was asked for. */
  #fail(start: number, end: number, reason: 'inspection' | 'oversized', _error: unknown): void {
    this.#count(`errors|${reason}`)
    const { onError, replacements, forcedKeyId } = this.#policy
    if (onError === 'pass') return
    if (onError === 'drop' && this.#record >= 0) this.#droppedRecords.add(this.#record)
    this.#replaceWhole({
      id: forcedKeyId,
      start,
      end,
      replacement: replacements.label(`[${reason === 'oversized' ? 'oversized' : 'redaction_error'}]`),
    })
  }

  isDropped(fieldStart: number): boolean {
    return this.#droppedRecords.size > 0 && this.#droppedRecords.has(fieldStart)
  }

  originalsOf(fieldStart: number): readonly Original[] | undefined {
    return this.#originals.get(fieldStart)
  }

  editAttributes(attributes: AttributeList): void {
    this.#keyEdits.apply(attributes)
  }

  /** Takes members out of a body that the rules for keys name. */
  editBody(record: LogRecordView): void {
    if (!this.#keyEdits.isBodyEdited(record.message.fieldStart)) return
    const { bytes } = record.attributes
    record.setBody(encodeValue(editedBody(bytes, record.bodyStart, record.bodyEnd, this.#bodyEditor)))
  }

  readonly #bodyEditor: BodyEditor = {
    keyRule: key => this.#policy.keyRule(key),
    inspect: (text, key) => this.inspectText(text, key),
    replacement: text => this.#forcedText(Buffer.from(text)),
  }

  /** Text that another rule wrote, with what the detectors find in it replaced. */
  inspectText(text: string, key: string): string {
    if (!this.#policy.isDetecting) return text
    const bytes = Buffer.from(text)
    let out = ''
    let from = 0
    for (const { start, end, replacement } of this.#inspector.inspect(bytes, 0, bytes.length, key)) {
      out += bytes.toString('utf8', from, start) + Buffer.from(replacement).toString()
      from = end
    }
    return out + bytes.toString('utf8', from)
  }

  countOutcome(outcome: string): void {
    this.#count(`matches|rules|${outcome}`)
  }

  takeCounts(): ReadonlyMap<string, number> {
    const taken = new Map(this.counts)
    this.counts.clear()
    return taken
  }

  #count(name: string): void {
    const full = this.#policy.isDryRun ? `${name}|dry_run` : name
    this.counts.set(full, (this.counts.get(full) ?? 0) + 1)
  }
}

/** Ids are random bytes of a fixed length; what has another length or can be read as text is looked at. */
function isReadableId(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start
  if (length !== 16 && length !== 8) return true
  for (let i = start; i < end; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return false
  return true
}

const loopMax = 256

/** Whether it is valid UTF-8; short ASCII is told here, since a view and a call of native code cost more. */
function isValidText(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  const limit = Math.min(end, start + loopMax)
  while (at < limit && bytes[at]! < 0x80) at++
  return at === end || isUtf8(bytes.subarray(start, end))
}
