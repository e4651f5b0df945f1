const key = new TextEncoder().encode('"service_tier"')
const keyLast = key.length - 1
/** By a byte: how far on the key may end where it does not end at that byte. */
const steps = new Uint8Array(256).fill(key.length)
for (let i = 0; i < keyLast; i++) steps[key[i]!] = keyLast - i

const tierPattern = /^\s*:\s*"(\w{1,32})"/
/** Bytes behind the key that the tier stands in. */
const tierWithin = 64

/**
 * The service tier among a call's parameters, which are JSON in `[start, end)`; empty where they name none. Most do not: the key
 * is looked for in steps of its length (Horspool, Software: Practice and Experience 10, 1980).
 */
export function serviceTierIn(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start + keyLast; at < end; at += steps[bytes[at]!]!) {
    let i = keyLast
    while (i >= 0 && bytes[at - keyLast + i] === key[i]) i--
    if (i >= 0) continue
    const behind = new TextDecoder('latin1').decode(bytes.slice(at + 1, Math.min(end, at + 1 + tierWithin)))
    return (tierPattern.exec(behind)?.[1] ?? '').toLowerCase()
  }
  return ''
}
