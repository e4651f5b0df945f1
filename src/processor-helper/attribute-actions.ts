import { createHash } from 'node:crypto'
import { AttributeKey } from '../pdata/attribute-key.ts'
import type { AttributeList } from '../pdata/attribute-list.ts'
import type { AttributeEdit } from '../pdata/attribute-plan.ts'
import { ConstantAttribute, type EncodedValue } from '../pdata/constant-attribute.ts'
import type { ClientMetadata } from '../pdata/otlp-batch.ts'
import {
  encodeDouble,
  encodeInt,
  encodeString,
  encodeValue,
  ValueReader,
  valueBool,
  valueDouble,
  valueInt,
  valueString,
} from '../pdata/value.ts'
import type { AttributeActionConfig } from './attribute-actions-config.ts'
import { Pattern } from './pattern.ts'
import { valueText } from './value-text.ts'

/** One step: edits the attributes of one message. */
type Action = (attributes: AttributeList) => void

const value = new ValueReader()

/** Insert, update, upsert, delete, hash, extract and convert, in the order of the file, as the Collector does them. */
export class AttributeActions {
  readonly #actions: readonly Action[]
  /** The same steps as data, where each of them is an edit by exact keys; undefined where one is more than that. */
  readonly edits: readonly AttributeEdit[] | undefined
  #metadata: ClientMetadata | undefined

  constructor(configs: readonly AttributeActionConfig[]) {
    const edits = configs.map(editOf)
    this.#actions = configs.map((config, i) => {
      const edit = edits[i]
      return edit === undefined ? this.#compile(config) : editAction(edit)
    })
    this.edits = edits.includes(undefined) ? undefined : edits.flatMap(edit => edit ?? [])
  }

  /** Who sent the request that follows: for `from_context`. */
  begin(metadata: ClientMetadata | undefined): void {
    this.#metadata = metadata
  }

  apply(attributes: AttributeList): void {
    const actions = this.#actions
    for (let i = 0; i < actions.length; i++) actions[i]!(attributes)
  }

  #compile(config: AttributeActionConfig): Action {
    const key = new AttributeKey(config.key)
    switch (config.action) {
      case 'delete':
        return deleteAction(config.key === '' ? undefined : key, optionalPattern(config.pattern))
      case 'hash':
        return hashAction(config.key === '' ? undefined : key, optionalPattern(config.pattern))
      case 'extract':
        return extractAction(key, new Pattern(config.pattern))
      case 'convert':
        return convertAction(key, config.convertedType)
      default:
        return this.#contextAction(config, key)
    }
  }

  #contextAction({ action, fromContext, defaultValue }: AttributeActionConfig, key: AttributeKey): Action {
    const fallback = defaultValue === undefined ? undefined : encodeValue(defaultValue)
    return attributes => {
      const text = contextText(this.#metadata, fromContext)
      const found = text === undefined ? fallback : encodeString(text)
      if (found !== undefined) writeValue(action, attributes, key, found)
    }
  }
}

/** The step as an edit by exact keys, if it is one. */
function editOf(config: AttributeActionConfig): AttributeEdit | undefined {
  const { action, fromAttribute, fromContext, pattern, defaultValue } = config
  const key = new AttributeKey(config.key)
  switch (action) {
    case 'delete':
      return config.key === '' || pattern !== '' ? undefined : { action, key }
    case 'insert':
    case 'update':
    case 'upsert': {
      if (fromAttribute === '' && fromContext !== '') return undefined
      const given = fromAttribute === '' ? (config.value ?? defaultValue) : defaultValue
      const value = given === undefined ? undefined : encodeValue(given)
      return { action, key, from: fromAttribute === '' ? undefined : new AttributeKey(fromAttribute), value }
    }
    default:
      return undefined
  }
}

function editAction({ action, key, from, value }: AttributeEdit): Action {
  if (action === 'delete') {
    return attributes => {
      attributes.remove(key)
    }
  }
  if (from !== undefined) return copyAction(action, key, from, value)
  const written = value!
  if (action !== 'insert') return attributes => writeValue(action, attributes, key, written)
  const constant = new ConstantAttribute(key, written)
  return attributes => {
    attributes.insertConstant(constant)
  }
}

function optionalPattern(source: string): Pattern | undefined {
  return source === '' ? undefined : new Pattern(source)
}

function writeValue(
  action: string | undefined,
  attributes: AttributeList,
  key: AttributeKey,
  value: EncodedValue,
): void {
  if (action === 'insert') attributes.insert(key, value)
  else if (action === 'update') attributes.update(key, value)
  else attributes.set(key, value)
}

function copyAction(
  action: string | undefined,
  key: AttributeKey,
  source: AttributeKey,
  fallback: EncodedValue | undefined,
): Action {
  return attributes => {
    const from = attributes.find(source)
    if (from < 0) {
      if (fallback !== undefined) writeValue(action, attributes, key, fallback)
      return
    }
    const to = attributes.find(key)
    if (to >= 0 ? action === 'insert' : action === 'update') return
    const start = attributes.valueStart(from)
    const end = attributes.valueEnd(from)
    if (to < 0) attributes.appendRange(key, start, end)
    else attributes.setValueRange(to, start, end)
  }
}

function deleteAction(key: AttributeKey | undefined, pattern: Pattern | undefined): Action {
  return attributes => {
    if (key !== undefined) attributes.remove(key)
    if (pattern === undefined) return
    for (let i = 0; i < attributes.size; i++) if (matchesKey(attributes, i, pattern)) attributes.removeAt(i)
  }
}

function hashAction(key: AttributeKey | undefined, pattern: Pattern | undefined): Action {
  return attributes => {
    // An attribute that both name is hashed twice, as in the Collector.
    const index = key === undefined ? -1 : attributes.find(key)
    if (index >= 0) hashAt(attributes, index)
    if (pattern === undefined) return
    for (let i = 0; i < attributes.size; i++) if (matchesKey(attributes, i, pattern)) hashAt(attributes, i)
  }
}

function matchesKey(attributes: AttributeList, index: number, pattern: Pattern): boolean {
  if (attributes.isRemoved(index)) return false
  return pattern.testBytes(attributes.bytes, attributes.keyStart(index), attributes.keyEnd(index))
}

/** Lower-case hex of SHA-256 over the text, eight little-endian bytes of a number, or one byte of a bool; else empty. */
function hashAt(attributes: AttributeList, index: number): void {
  readValue(attributes, index)
  const bytes = hashedBytes()
  const text = bytes === undefined ? '' : createHash('sha256').update(bytes).digest('hex')
  attributes.setValue(index, encodeString(text))
}

function hashedBytes(): Uint8Array | undefined {
  switch (value.kind) {
    case valueString:
      return value.bytes.subarray(value.start, value.end)
    case valueBool:
      return Uint8Array.of(value.bool() ? 1 : 0)
    case valueInt: {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(value.int())
      return bytes
    }
    case valueDouble: {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(value.double())
      return bytes
    }
    default:
      return undefined
  }
}

function extractAction(key: AttributeKey, pattern: Pattern): Action {
  const targets = pattern.groupNames.map(name => new AttributeKey(name))
  return attributes => {
    const index = attributes.find(key)
    if (index < 0) return
    readValue(attributes, index)
    if (value.kind !== valueString) return
    const groups = pattern.groups(value.text())
    if (groups === undefined) return
    for (let i = 0; i < targets.length; i++) attributes.set(targets[i]!, encodeString(groups[i]!))
  }
}

function convertAction(key: AttributeKey, target: string): Action {
  const convert = target === 'int' ? toInt : target === 'double' ? toDouble : toText
  return attributes => {
    const index = attributes.find(key)
    if (index < 0) return
    readValue(attributes, index)
    const converted = convert()
    if (converted !== undefined) attributes.setValue(index, converted)
  }
}

function readValue(attributes: AttributeList, index: number): void {
  value.reset(attributes.bytes, attributes.valueStart(index), attributes.valueEnd(index))
}

function toText(): EncodedValue | undefined {
  return value.kind === valueString ? undefined : encodeString(valueText(value))
}

function toInt(): EncodedValue | undefined {
  if (value.kind === valueBool) return encodeInt(value.bool() ? 1n : 0n)
  if (value.kind === valueDouble) {
    const whole = Math.trunc(value.double())
    return Number.isFinite(whole) && isInt64(BigInt(whole)) ? encodeInt(BigInt(whole)) : undefined
  }
  if (value.kind !== valueString) return undefined
  const text = value.text()
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const whole = BigInt(text.replace(/^\+/, ''))
  return isInt64(whole) ? encodeInt(whole) : undefined
}

function isInt64(whole: bigint): boolean {
  return BigInt.asIntN(64, whole) === whole
}

function toDouble(): EncodedValue | undefined {
  if (value.kind === valueBool) return encodeDouble(value.bool() ? 1 : 0)
  if (value.kind === valueInt) return encodeDouble(Number(value.int()))
  if (value.kind !== valueString) return undefined
  const text = value.text()
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    const number = Number(text)
    return Number.isFinite(number) ? encodeDouble(number) : undefined
  }
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (special === null) return undefined
  if (special[2]!.toLowerCase() === 'nan') return special[1] === '' ? encodeDouble(Number.NaN) : undefined
  return encodeDouble(special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY)
}

/** What the request's context has under that name, several values joined by `;`. */
function contextText(metadata: ClientMetadata | undefined, name: string): string | undefined {
  if (name === 'client.address') return metadata?.clientAddress
  if (metadata === undefined) return undefined
  if (name.startsWith('auth.')) return metadata.auth?.get(name.slice('auth.'.length))
  const header = name.startsWith('metadata.') ? name.slice('metadata.'.length) : name
  const values = metadata.headers.get(header.toLowerCase())
  return values === undefined || values.length === 0 ? undefined : values.join(';')
}
