import type { Opaque } from './opaque.ts'

/** Headers of a configuration as a transport takes them: names, in lower case, and values in turn. */
export function revealedHeaders(headers: Readonly<Record<string, Opaque>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value.reveal()])
}
