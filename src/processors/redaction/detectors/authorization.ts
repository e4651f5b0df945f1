import { detectorId } from './catalog.ts'
import { isCredential, isIdentifier } from './credentials.ts'
import type { Detection } from './detection.ts'
import { isPlaceholder, isSecretValue, looksRandom } from './randomness.ts'
import { latin1 } from './text-bytes.ts'

const ids = { authorization: detectorId('authorization'), person: detectorId('person') }
const partsBytesMax = 2048

/** Schemes of RFC 7235's registry and of vendors. */
export const schemePattern =
  /^(bearer|basic|digest|token|apikey|api-key|negotiate|ntlm|hawk|hmac|oauth|ssws|key|sharedkey|sharedaccesssignature|aws4-hmac-sha256|bot|gsso|dpop|privatetoken|mutual|jwt|signature|googlelogin)[ +]+/i

/** Of a long line no more is looked at to tell a sentence from credentials. */
const headMax = 512

/** Takes the credentials of a header or member whose name says that it holds some. */
export function takeAuthorization(d: Detection, from: number, to: number, text: string, name: string): boolean {
  const encoded = /^(bearer|basic|token)%20/i.exec(text)
  const scheme = encoded ?? schemePattern.exec(text)
  if (scheme !== null) {
    const rest = text.slice(scheme[0].length)
    // Quotes around the first parameter ended the value.
    if (opensQuote.test(rest))
      return takeParts(d, from, /^digest/i.test(text) ? digestPart : parameter) || rest.length < 4
    // `auth: token URL must be provided` is a sentence.
    const head = rest.slice(0, headMax)
    if (rest.length < 4 || isPlaceholder(head) || (/ /.test(head) && !/[=\d]/.test(head))) return true
    if (!(/^digest/i.test(text) && takeParts(d, from, digestPart)))
      d.add(ids.authorization, from + scheme[0].length, to)
    return true
  }
  const isHeader = /authorization$/i.test(name)
  // //registry.example.com/:_auth=dXNlcjpwYXNz and more of a sentence
  const end = text.search(/\s/)
  if (end >= 16 && !isHeader) {
    const head = text.slice(0, end).replace(/[.,;]$/, '')
    if (
      isCredential('basic', head) ||
      (end >= 20 && /^[\w.+/=~-]*\d[\w.+/=~-]*$/.test(head) && looksRandom(head) && !isIdentifier(head))
    ) {
      d.add(ids.authorization, from, from + head.length)
      return true
    }
  }
  if (isHeader && isProseOrCode(text)) return false
  if (
    isHeader
      ? text.length >= 8 && (/\d/.test(text) || text.length >= 16) && isSecretValue(text, false)
      : !/\s/.test(text) && looksRandom(text.split(/[),;]/)[0]!) && !isIdentifier(text)
  ) {
    d.add(ids.authorization, from, to)
    return true
  }
  return false
}

/** A sentence, an address of a document, or a call: no header's value. */
const isProseOrCode = (text: string) =>
  // An object's members have names of their own; a variable is no value.
  /^\{\s*[A-Za-z_"'\\]|^[a-z]+(?:_[a-z]+)+[)\]}]*$/.test(text) ||
  /^(?:[A-Za-z',.-]+ ){4}|^(?:bearer|basic|digest|token|apikey)[`<'"]/i.test(text) ||
  /^(?:[A-Za-z',-]+ )+[A-Za-z',-]+[.!?]?$|^https?:\/\/[^?]*$|^[A-Za-z_][\w.]*\([\w., ]*(?:\).*)?$/.test(text) ||
  /^(?:[&*=]|\[\](?:\w|\*)|(?:nil|null|None|func|function|new|await)\b|[&*]?[A-Za-z_$]\w*(?:\.[A-Za-z_$]\w*)*[({[])/.test(
    text,
  ) ||
  (/^[A-Za-z_$]\w*(?:\.[A-Za-z_$]\w*)+[,;]?(?: |$)/.test(text) && !looksRandom(text.replace(/ .*/s, '')))

const digestPart = /\b(username|nonce|cnonce|opaque|response)=(\\*)"?([^",\\]+)/g

const opensQuote = /^[\w-]{2,24}=\\*$/
/** What proves something in `Hawk id="x", nonce="y", mac="z"` and its like. */
const parameter =
  /\b(username|nonce|cnonce|opaque|response|mac|hash|sig|signature|token|access_token|api_?key|secret|oauth_(?:consumer_key|token|signature|nonce|verifier))=(\\*)["']([^"'\\\r\n]{4,})/gi

/** The parts of a header, from its scheme at `from`, that name somebody or prove something; the others stay. */
function takeParts(d: Detection, from: number, pattern: RegExp): boolean {
  const text = /^[^\r\n]*/.exec(latin1(d.bytes, from, Math.min(d.end, from + partsBytesMax)))![0]
  let found = false
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const end = from + match.index + match[0].length
    const isUser = match[1]!.toLowerCase() === 'username'
    d.add(isUser ? ids.person : ids.authorization, end - match[3]!.length, end)
    if (!isUser && !/nonce|opaque/i.test(match[1]!)) found = true
  }
  return found
}
