import { catalog } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isAlnum } from './text-bytes.ts'

const isSecret = Uint8Array.from(catalog, ({ kind }) => (kind === 'secret' ? 1 : 0))
/** Shorter ones may be words that stand elsewhere with another meaning. */
const lengthMin = 12
const lengthMax = 512
/** So many are looked for; hostile text may hold any number of them. */
const secretsMax = 16
const valueBytesMax = 256 * 1024

/** Letters alone are a name that other text has as well. */
const isLetterOrLine = (byte: number) => (isAlnum(byte) && byte > 0x39) || byte === 0x5f

/** A secret that stands once more in the same value, where nothing says what it is: `token = 'x' | 'x'`. */
export function detectRepeats(d: Detection): void {
  const { bytes, start, end, findings } = d
  if (end - start > valueBytesMax) return
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
  const { count } = findings
  for (let i = 0, looked = 0; i < count && looked < secretsMax; i++) {
    const length = findings.ends[i]! - findings.starts[i]!
    if (isSecret[findings.detectors[i]!] !== 1 || length < lengthMin || length > lengthMax) continue
    looked++
    const own = findings.starts[i]! - start
    const found = text.subarray(own, own + length)
    if (found.every(isLetterOrLine)) continue
    for (let at = text.indexOf(found), more = 0; at >= 0 && more < secretsMax; at = text.indexOf(found, at + length)) {
      const isWord =
        (at === 0 || !isAlnum(text[at - 1]!)) && (at + length >= text.length || !isAlnum(text[at + length]!))
      if (at === own || !isWord) continue
      more++
      d.add(findings.detectors[i]!, start + at, start + at + length)
    }
  }
}
