import { catalog } from './catalog.ts'
import { describeKey } from './describe-key.ts'
import type { Detector } from './detect.ts'
import { noKey } from './key-flags.ts'

/** `text` with each finding replaced by its detector's name in brackets: how tests and the self-test look at findings. */
export function markFindings(detector: Detector, text: string, key = ''): string {
  const bytes = Buffer.from(text)
  const { findings } = detector.detect(bytes, 0, bytes.length, key === '' ? noKey : describeKey(key), key)
  let marked = ''
  let at = 0
  for (let i = 0; i < findings.count; i++) {
    marked += `${bytes.toString('utf8', at, findings.starts[i])}[${catalog[findings.detectors[i]!]!.name}]`
    at = findings.ends[i]!
  }
  return marked + bytes.toString('utf8', at)
}
