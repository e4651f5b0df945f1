import { endsLiteral } from '../prefilter-names.ts'
import { type CandidateScanner, Candidates } from '../scan/candidates.ts'
import { kindDigits, kindToken } from '../scan/scan-layout.ts'
import { passBlob } from './base64-runs.ts'
import { detectCommandSecrets } from './command-lines.ts'
import { detectCookieLine, detectPassLine } from './credential-files.ts'
import { Detection, type DetectorSettings } from './detection.ts'
import { detectEmail } from './email.ts'
import { detectIban } from './iban.ts'
import { detectJsonWebKey } from './json-web-keys.ts'
import type { KeyInfo } from './key-flags.ts'
import { detectColon, detectSecretWord, detectSeparator } from './key-values.ts'
import { detectKeyedValue, detectNamedId, wholeValueFlags } from './keyed-values.ts'
import { detectIdentifiedBy } from './logins.ts'
import { detectNumber } from './numbers.ts'
import { detectKerberosTicket, detectPasswordHash } from './password-hashes.ts'
import { colourLength, entityOf, PercentText, unicodeEscapeLength } from './percent-text.ts'
import { detectPrivateKey } from './private-keys.ts'
import { detectRepeats } from './repeats.ts'
import { detectSeedPhrase } from './seed-phrases.ts'
import { detectIdBehind } from './short-codes.ts'
import { detectInsert } from './sql-inserts.ts'
import { isHex, matchesExact, matchesFolded } from './text-bytes.ts'
import { detectToken } from './tokens.ts'
import { detectUserPath } from './user-paths.ts'
import { detectWholeForms } from './whole-forms.ts'
import { wideSign } from './wide-signs.ts'

const attributeForm = { isCertain: true, isProse: false, isParameter: false, isQuoted: true }

/** Finds personal data and secrets in ranges of bytes. One per thread: it reuses its memory from value to value. */
export class Detector {
  readonly detection: Detection
  readonly #scanner: CandidateScanner
  readonly #candidates = new Candidates()
  readonly #decoded = new PercentText()

  constructor(settings: DetectorSettings, scanner: CandidateScanner) {
    this.detection = new Detection(settings)
    this.#scanner = scanner
  }

  /**
   * Findings in `bytes[start, end)`, settled: in order and without overlap. They are valid until the next call. With `places`,
   * those of all `bytes` that a first look left, nothing else is looked at: the others were ruled out before.
   */
  detect(bytes: Uint8Array, start: number, end: number, keyInfo: KeyInfo, name = '', places?: Candidates): Detection {
    const { detection } = this
    detection.reset(bytes, start, end, keyInfo)
    detection.name = name
    const first = places === undefined ? 0 : places.firstFrom(start)
    if (places === undefined || places.isAnyUpTo(first, end)) {
      this.#inspect(bytes, start, end, places, first)
      if ((bytes[start]! | 0x20) === 0x69 || (bytes[start]! | 0x20) === 0x72 || bytes[start]! <= 0x20)
        detectInsert(detection, start)
      if (needsDecoding(bytes, start, end)) this.#detectDecoded(bytes, start, end, keyInfo)
    }
    if ((keyInfo.flags & wholeValueFlags) !== 0) {
      detectKeyedValue(detection, keyInfo.flags, name, start, end, attributeForm)
    }
    if (keyInfo.nationalIds !== 0) detectNamedId(detection, start, end)
    if (detection.findings.count > 0) detectRepeats(detection)
    detection.findings.settle()
    return detection
  }

  #inspect(bytes: Uint8Array, start: number, end: number, places?: Candidates, first = 0): void {
    const candidates = this.#candidates
    candidates.clear()
    this.#scanner.scan(bytes, start, end, candidates)
    let place = first
    for (let i = 0; i < candidates.count; i++) {
      const value = candidates.values[i]!
      const at = value >>> 2
      if (places !== undefined) {
        // The length before a value may look like the first byte of a run, which is then reported one byte sooner, or two: 0+1 415.
        while (place < places.count && places.values[place]! >>> 2 < at - 2) place++
        if (!places.isAnyUpTo(place, at)) {
          if ((value & kindToken) !== 0 && at >= this.detection.doneUntil) passBlob(this.detection, at)
          continue
        }
      }
      inspectCandidate(this.detection, at, value & 3)
    }
  }

  /** What is hidden behind percent signs, escapes and colours, found in the decoded text and noted where it stands in the original. */
  #detectDecoded(bytes: Uint8Array, start: number, end: number, keyInfo: KeyInfo): void {
    const { detection } = this
    const { findings } = detection
    const decoded = this.#decoded
    if (!decoded.decode(bytes, start, end)) return
    const known = findings.count
    detection.point(decoded.bytes, 0, decoded.length, keyInfo)
    this.#inspect(decoded.bytes, 0, decoded.length)
    for (let i = known; i < findings.count; i++) {
      findings.starts[i] = decoded.startOf(findings.starts[i]!)
      findings.ends[i] = decoded.endOf(findings.ends[i]!)
    }
    detection.point(bytes, start, end, keyInfo)
  }
}

/** Whether the text holds `%` and two hex digits, an escape of JSON, a colour, or looks like a form with plus signs for spaces. */
function needsDecoding(bytes: Uint8Array, start: number, end: number): boolean {
  let hasPlus = false
  let hasEquals = false
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte === 0x25 && i + 2 < end && isHex(bytes[i + 1]!) && isHex(bytes[i + 2]!)) return true
    if (byte === 0x5c && (unicodeEscapeLength(bytes, i, end) > 0 || colourLength(bytes, i, end) > 0)) return true
    if (byte >= 0x80 && wideSign(bytes, i, end) > 0) return true
    if (byte === 0x26 && entityOf(bytes, i, end) > 0) return true
    if (byte === 0x1b && colourLength(bytes, i, end) > 0) return true
    if (byte === 0x2b) hasPlus = true
    else if (byte === 0x3d && i + 1 < end && !isBehindPadding(bytes[i + 1]!)) hasEquals = true
  }
  return hasPlus && hasEquals
}

/** What stands behind the `=` that fills base64 up, and not behind a parameter's name. */
const isBehindPadding = (byte: number) =>
  byte === 0x3d || byte === 0x22 || byte === 0x27 || byte === 0x5c || byte <= 0x20

/** Runs the verifiers of one candidate. */
export function inspectCandidate(d: Detection, at: number, kind: number): void {
  if (kind !== 0) {
    if ((kind & kindDigits) !== 0 && at - 1 >= d.doneUntil) {
      detectNumber(d, at - 1)
      detectIban(d, at - 1)
    }
    if ((kind & kindToken) !== 0 && at >= d.doneUntil) detectToken(d, at)
    if (at >= d.end) return
  }
  if (at < d.doneUntil || at >= d.end) return
  switch (d.bytes[at]) {
    case 0x40: // @
      detectEmail(d, at, 1)
      return
    case 0x3a: // :
      detectColon(d, at)
      return
    case 0x3d: // =
    case 0x3e: // >
      detectSeparator(d, at)
      return
    default:
      // The search compares halves of bytes, and a run may end anywhere.
      if (at > 1 && endsLiteral(d.bytes, at)) inspectLiteral(d, at)
  }
}

const commandBytesMax = 2048
/** Of that, what a command's option may stand behind its name. */
const optionBytesMax = 640

/** Looks for passwords of commands from `from` on, and past what was looked at already. */
function detectCommands(d: Detection, from: number, at: number): void {
  if (at < d.commandsUntil) return
  d.commandsUntil = at + commandBytesMax - optionBytesMax
  detectCommandSecrets(d, from, Math.min(d.end, at + commandBytesMax))
}

/** Whether the name of a command ends, or goes on, behind `at`. */
const isCommand = ({ bytes, start, end }: Detection, at: number, name: string) =>
  at + 1 - name.length >= start && matchesFolded(bytes, at + 1 - name.length, end, name)

/** `docker login -p x`, `493817 is your login code`. */
function detectLogin(d: Detection, at: number): void {
  const { bytes, end } = d
  if (matchesFolded(bytes, at + 2, end, 'code')) detectSecretWord(d, at + 2)
  else detectCommands(d, Math.max(d.start, at - 64), at)
}

function inspectLiteral(d: Detection, at: number): void {
  const { bytes, start, end } = d
  switch (bytes[at]! | 0x20) {
    case 0x30: // %40
      if (matchesExact(bytes, at - 2, end, '%40') && at - 2 >= start) detectEmail(d, at - 2, 3)
      return
    case 0x34: // the 4 of \u0040
      if (at - 4 >= start && bytes[at - 4] === 0x5c && matchesFolded(bytes, at - 3, end, 'u0040'))
        detectEmail(d, at - 4, 6)
      return
    case 0xb1: // a hyphen that does not break: such text is decoded first
      return
    case 0x32: // 5432
      if (bytes[at + 1] === 0x3a) detectPassLine(d, at)
      return
    case 0x75: // <tab>TRU
      detectCookieLine(d, at)
      return
    case 0x35: // $krb5
      detectKerberosTicket(d, at)
      return
    case 0x24: // $1$, $2b$
      detectPasswordHash(d, at + 1, at + 1)
      return
    case 0x6c: // curl, redis-cli
      if (isCommand(d, at, 'curl') || isCommand(d, at, 'redis-cl')) {
        detectCommands(d, Math.max(d.start, at - 8), at)
        return
      }
      break
    case 0x61: // seed phrase
      if (isCommand(d, at, 'phra')) detectSeedPhrase(d, at)
      return
    case 0x6f: // mnemonic
      if (isCommand(d, at, 'nemo')) {
        detectSeedPhrase(d, at)
        return
      }
      break
    case 0x79: // "kty"
      if (matchesExact(bytes, at - 3, end, '"kty') && at - 3 >= start) {
        detectJsonWebKey(d, at)
        return
      }
      break
    case 0x7e: // 8Q~
      detectWholeForms(d, at, at + 1)
      return
    case 0x73: // sshpass
    case 0x71: // mysql
      if (isCommand(d, at, 'sshpas') || isCommand(d, at, 'mysq')) {
        detectCommands(d, Math.max(start, at - 8), at)
        return
      }
      break
    case 0x6e: // begin, token, NI number, login
      if (isCommand(d, at, 'login')) {
        detectLogin(d, at)
        return
      }
      if (isCommand(d, at, 'ni n')) {
        detectIdBehind(d, at - 1)
        return
      }
      if (matchesExact(bytes, at - 4, end, 'BEGIN')) {
        detectPrivateKey(d, at)
        return
      }
      break
    case 0x64: // identified
      if (matchesFolded(bytes, at - 9, end, 'identified') && at - 9 >= start) detectIdentifiedBy(d, at + 1)
      break
    case 0x6d: // /hom
    case 0x65: // /use
      if (bytes[at - 3] === 0x2f || bytes[at - 3] === 0x5c) {
        detectUserPath(d, at)
        return
      }
      break
    default:
  }
  // `pin `, `pan `, `mac ` and `pin"` end behind their word.
  detectSecretWord(d, bytes[at] === 0x20 || bytes[at] === 0x22 ? at - 1 : at)
}
