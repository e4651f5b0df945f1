import { Opaque } from '../config/opaque.ts'

/** A configuration that cannot cross to a worker, such as one with a function in it. */
export class NotPortable extends Error {
  override readonly name = 'NotPortable'
}

const secretKey = '\0secret'

/** A typed configuration as plain data: secrets lose their class, since a class does not cross between threads. */
export function toPortable(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new NotPortable(typeof value)
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return value
  if (value instanceof Opaque) return { [secretKey]: value.reveal() }
  if (Array.isArray(value)) return value.map(toPortable)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, toPortable(item)]))
  if (value instanceof Set || ArrayBuffer.isView(value)) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw new NotPortable(value.constructor?.name ?? 'object')
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toPortable(item)]))
}

export function fromPortable(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(fromPortable)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, fromPortable(item)]))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const secret = (value as Record<string, unknown>)[secretKey]
  if (typeof secret === 'string') return new Opaque(secret)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromPortable(item)]))
}
