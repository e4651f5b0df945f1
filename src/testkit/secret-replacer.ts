import { keep, type WalkHooks } from '../pdata/walk-hooks.ts'
import type { Plain } from './otlp-oracle.ts'

/** Stands in some of the generated texts, of every field. */
export const secret = 'alice@example.com'

/** Replaces every occurrence of the secret, wherever in the request it stands, by its offset alone. */
export function secretReplacer(replacement: string): WalkHooks {
  const bytes = Buffer.from(replacement)
  let found: number[] = []
  let isNoted = false
  return {
    payload(request) {
      found = []
      isNoted = false
      const haystack = Buffer.from(request.buffer, request.byteOffset, request.length)
      for (let at = haystack.indexOf(secret); at >= 0; at = haystack.indexOf(secret, at + secret.length)) found.push(at)
      return found.length > 0
    },
    resource(resource) {
      if (!isNoted) for (const at of found) resource.message.replaceRange(at, at + secret.length, bytes)
      isNoted = true
      return keep
    },
    scope: () => keep,
    span: () => keep,
    logRecord: () => keep,
    metric: () => keep,
  }
}

/** The same on plain values. */
export function replaceInPlain(value: unknown, replacement: string): unknown {
  if (typeof value === 'string') return value.replaceAll(secret, replacement)
  if (Array.isArray(value)) return value.map(item => replaceInPlain(item, replacement))
  if (typeof value !== 'object' || value === null) return value
  const plain: Plain = {}
  for (const [name, member] of Object.entries(value)) {
    const replaced = replaceInPlain(member, replacement)
    if (replaced !== '' || /^(string|bytes)Value$/.test(name)) plain[name] = replaced
  }
  return plain
}
