import { isDeepStrictEqual } from 'node:util'
import { flattenItems } from '../../src/testkit/otlp-items.ts'
import type { Plain } from '../../src/testkit/otlp-oracle.ts'

/** The spans of a request, each with its resource and scope, attributes sorted by key and spans by id. */
export function normalizedSpans(bytes: Uint8Array): Plain[] {
  const items = flattenItems('traces', bytes).map(item => sorted(item) as Plain)
  return items.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1))
}

const idOf = (item: Plain) => String((item['record'] as Plain)['spanId']) + JSON.stringify(item)

/** Attributes become objects by key; empty messages count as absent. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    const isAttributes =
      value.length > 0 &&
      value.every(item => typeof item === 'object' && item !== null && ('key' in item || 'value' in item))
    return isAttributes
      ? Object.fromEntries(value.map(item => [`"${item.key}"`, sorted(item.value)]))
      : value.map(sorted)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, child]) => [key, sorted(child)] as const)
      .filter(([, child]) => !(typeof child === 'object' && child !== null && Object.keys(child).length === 0))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

/** Lists of keys and values become objects by key; what is empty counts as absent. */
export function comparable(plain: Plain): Plain {
  return keyed(plain) as Plain
}

function keyed(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(keyed)
    const isKeyed =
      items.length > 0 && items.every(item => typeof item === 'object' && item !== null && isKeyValue(item))
    return isKeyed
      ? Object.fromEntries(
          (items as { key: string; value: unknown }[]).map(each => [`"${each.key ?? ''}"`, each.value ?? 'nil']),
        )
      : items
  }
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, member]) => [key, keyed(member)] as const)
  const isEmpty = (member: unknown) => typeof member === 'object' && member !== null && Object.keys(member).length === 0
  return Object.fromEntries(members.filter(([key, member]) => key.endsWith('Value') || !isEmpty(member)))
}

function isKeyValue(item: object): boolean {
  const names = Object.keys(item)
  return names.length > 0 && names.every(name => name === 'key' || name === 'value')
}

/** Paths at which two values differ, with both sides. */
export function differences(ours: unknown, theirs: unknown, path = ''): string[] {
  if (isDeepStrictEqual(ours, theirs)) return []
  const isObject = (value: unknown) => typeof value === 'object' && value !== null
  if (!isObject(ours) || !isObject(theirs))
    return [`${path}: ${JSON.stringify(ours)} here, ${JSON.stringify(theirs)} there`]
  const names = new Set([...Object.keys(ours as object), ...Object.keys(theirs as object)])
  return [...names].flatMap(name => differences((ours as Plain)[name], (theirs as Plain)[name], `${path}.${name}`))
}

/** Counts differences of spans by kind, those explained and those not. */
export class Tally {
  readonly #explained: readonly (readonly [RegExp, string])[]
  readonly #kinds = new Map<string, { count: number; example: string }>()
  #ours = 0
  #theirs = 0
  #equal = 0

  constructor(explained: readonly (readonly [RegExp, string])[]) {
    this.#explained = explained
  }

  /** Compares spans by their id; a request may hold any number of them. */
  compare(ours: readonly Uint8Array[], theirs: readonly Uint8Array[]): void {
    const idOfRecord = (item: Plain) => (item['record'] as Plain)['spanId']
    const theirItems = theirs.flatMap(bytes => normalizedSpans(bytes))
    const byId = new Map(theirItems.map(item => [idOfRecord(item), item]))
    this.#theirs += theirItems.length
    for (const item of ours.flatMap(bytes => normalizedSpans(bytes))) {
      this.#ours++
      const found = differences(item, byId.get(idOfRecord(item)))
      if (found.length === 0) this.#equal++
      for (const text of found) this.#count(text)
    }
  }

  #count(text: string): void {
    const reason = this.#explained.find(([pattern]) => pattern.test(text))?.[1]
    if (reason === undefined) process.exitCode = 1
    const kind = reason ?? `UNEXPLAINED ${text.slice(0, text.indexOf(':')).replace(/\.\d+/g, '[]')}`
    const entry = this.#kinds.get(kind) ?? { count: 0, example: text }
    entry.count++
    this.#kinds.set(kind, entry)
  }

  print(title: string): void {
    console.log(`${title}: ${this.#ours} spans here, ${this.#theirs} there, ${this.#equal} equal`)
    for (const [kind, { count, example }] of this.#kinds)
      console.log(`  ${count} x ${kind}\n      ${example.slice(0, 300)}`)
  }
}
