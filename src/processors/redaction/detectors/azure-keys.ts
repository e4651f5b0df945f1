import { isBase64Url } from './base64-runs.ts'
import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { looksRandom } from './randomness.ts'
import { latin1, matchesExact } from './text-bytes.ts'
import { azureMarks } from './vendor-keys.ts'

const azureKey = detectorId('azure_key')

const azureMarkStarts = /* @__PURE__ */ new Set(azureMarks.map(mark => Buffer.from(mark).readInt32BE(0)))

/** Whether one of the marks of Azure's keys stands at `at`. */
const isAzureMark = (bytes: Uint8Array, at: number) =>
  at + 4 <= bytes.length &&
  azureMarkStarts.has((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)

/** The first mark of Azure's keys in base64 that goes through `bytes[from, to)`; -1 where there is none. */
export function azureMarkIn(bytes: Uint8Array, from: number, to: number, end: number): number {
  const limit = Math.min(end, to + 90)
  for (let at = Math.max(0, from - 1); at < limit && (at < to || isBase64Url(bytes[at]!)); at++) {
    const byte = bytes[at]
    if ((byte === 0x41 || byte === 0x2b) && isAzureMark(bytes, at)) return at
  }
  return -1
}

/** Where the mark stands in keys of 32 and of 64 bytes, and how much of base64 is behind it. */
const azureOffsets = [76, 52, 44, 42, 33]
const azureTails = [8, 10]

/** A key with a mark of Azure's in it, at a place where their keys have it: in random base64 it comes anywhere. */
export function detectAzureKey(d: Detection, from: number, to: number): boolean {
  const { bytes, start, end } = d
  const at = azureMarkIn(bytes, Math.max(from, start + 1), to, end)
  if (at < 0) return false
  let run = at
  while (run > start && at - run < 96 && isBase64Url(bytes[run - 1]!)) run--
  let last = at + 4
  while (last < end && last - at < 48 && isBase64Url(bytes[last]!)) last++
  if (last < end && !azureTails.includes(last - at)) return false
  // sha512-A9XzUEBC…: the digest of a package.
  if (/^sha\d{1,3}-/.test(latin1(bytes, run, at)) || matchesExact(bytes, run - 3, end, 'h1:')) return false
  for (const offset of azureOffsets) {
    const first = at - offset
    // A slash may part it from a path.
    if (first < run || (first > run && bytes[first - 1] !== 0x2f) || !looksRandom(latin1(bytes, first, at))) continue
    // chatcmpl-aRcjttR4sRNCrh6XFoYx5mLcACOGW: no sign of URLs' base64 is in keys.
    if (/[-_]/.test(latin1(bytes, first, last))) continue
    while (last < end && bytes[last] === 0x3d && last - at < 50) last++
    d.add(azureKey, first, last)
    return true
  }
  return false
}
