import { isCardNumber } from './detectors/cards.ts'
import { ibanRemainder, luhn } from './detectors/checksums.ts'
import { hasGithubChecksum } from './detectors/vendor-key-search.ts'

/** A place that looks like what a detector takes and was left alone. */
export interface NearMiss {
  readonly detector: string
  readonly reason: string
  readonly start: number
  readonly end: number
}

interface Shape {
  readonly detector: string
  readonly pattern: RegExp
  /** Why this one is none, as far as it alone tells; what stands around it decides otherwise. */
  readonly reason: (text: string) => string | undefined
}

const digitsOf = (text: string) => Uint8Array.from(text.replace(/\D/g, ''), Number)

/** Wider than the detectors on purpose: every pattern is bounded and anchored at the ends of words. */
const shapes: readonly Shape[] = [
  {
    detector: 'card',
    pattern: /(?<![\w-])(?:\d{14,19}|\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}|\d{4}[ -]\d{6}[ -]\d{4,5})(?![\w-])/g,
    reason(text) {
      const digits = digitsOf(text)
      if (!luhn(digits, digits.length)) return 'its check digit is wrong'
      return isCardNumber(digits, digits.length) ? undefined : 'no issuer makes numbers that begin so or are as long'
    },
  },
  {
    detector: 'iban',
    pattern: /(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?(?!\w)/g,
    reason(text) {
      const compact = text.replace(/ /g, '')
      if (!/\d{6}/.test(compact)) return 'too few digits for an account'
      if (compact !== compact.toUpperCase()) return 'its letters are small'
      return ibanRemainder(compact) === 1 ? undefined : 'its check digits are wrong'
    },
  },
  {
    detector: 'us_ssn',
    pattern: /(?<![\w-])\d{3}[- ]\d{2}[- ]\d{4}(?![\w-])/g,
    reason: text =>
      /^(000|666|9)|^.{4}00|0000$/.test(text) ? 'no such area, group or serial number was ever given out' : undefined,
  },
  {
    detector: 'email',
    pattern: /(?<![\w.])[\w.+%-]{1,64}@[\w.-]{1,100}(?!\w)/g,
    reason: text =>
      /\.[a-z]{2,24}\.?$/i.test(text.slice(text.indexOf('@'))) ? undefined : 'no domain stands behind the @',
  },
  { detector: 'ipv4', pattern: /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/g, reason: octetReason },
  {
    detector: 'github_token',
    pattern: /(?<!\w)gh[pousr]_\w{36}(?!\w)/g,
    reason(text) {
      const bytes = Buffer.from(text, 'latin1')
      return hasGithubChecksum(bytes, 4, bytes.length) ? undefined : 'its checksum is wrong and it reads like words'
    },
  },
  {
    detector: 'phone',
    pattern:
      /(?<![\w.-])(?:\+\d[\d ().-]{6,20}\d|\(?\d{2,5}\)?[ ./-]\d{2,4}[ .-]\d{2,4}(?:[ .-]\d{2,4}){0,2})(?![\w.-])/g,
    reason: text => (text.startsWith('+') ? 'no country has numbers of this form' : undefined),
  },
]

function octetReason(text: string): string | undefined {
  const octets = text.split('.').map(Number)
  if (octets.some(octet => octet > 255)) return 'an octet is above 255'
  const [a, b] = octets as [number, number]
  const isPrivate = a === 10 || a === 127 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)
  return isPrivate || a === 0 || a >= 224 ? 'addresses of its class are no one`s' : undefined
}

const textMax = 65_536

/**
 * Places in `text` that look like something, with the reason why they are not: for explanations only, never on the way of
 * data. `isTaken` tells places that a detector took after all.
 */
export function nearMisses(text: string, isTaken: (start: number, end: number) => boolean): NearMiss[] {
  const misses: NearMiss[] = []
  for (const { detector, pattern, reason } of shapes) {
    for (const match of text.slice(0, textMax).matchAll(pattern)) {
      const start = match.index
      const end = start + match[0].length
      if (isTaken(start, end) || misses.some(other => other.start < end && start < other.end)) continue
      misses.push({
        detector,
        reason: reason(match[0]) ?? 'what stands around it says something else, or nothing says that it is one',
        start,
        end,
      })
    }
  }
  return misses.sort((a, b) => a.start - b.start)
}
