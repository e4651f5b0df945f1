import { detectorId } from './catalog.ts'
import { isIdentifier } from './credentials.ts'
import type { Detection } from './detection.ts'
import { isPlaceholder, looksRandom } from './randomness.ts'
import { afterEscape, isTokenByte, latin1 } from './text-bytes.ts'
import { wholeForms } from './vendor-keys.ts'

const slackWebhook = detectorId('slack_webhook')
const telegramToken = detectorId('telegram_token')
const signedUrl = detectorId('signed_url')

const resetPath =
  /\/(?:(?:password|account|auth|user)s?[-_/])?(?:reset(?:[-_]?(?:password|pw|token))?|magic(?:[-_]?link)?)(?:\/(?:confirm|verify|token))?\/$/i

/** `/reset-password/<token>`: who has the link sets the password. */
function detectResetLink(d: Detection, from: number, to: number): boolean {
  const { bytes, start } = d
  if (from - 1 < start || bytes[from - 1] !== 0x2f) return false
  const path = resetPath.exec(latin1(bytes, Math.max(start, from - 64), from))?.[0]
  if (path === undefined || bytes[to] === 0x2f) return false
  const text = latin1(bytes, from, to)
  // `/api/reset/<id>` resets what has that id.
  if (!looksRandom(text) || (isIdentifier(text) && (!/password|magic/i.test(path) || text.includes('-')))) return false
  d.add(signedUrl, from, to)
  return true
}

/** Keys without a prefix, told by their middle, and webhooks, around `bytes[from, to)`. */
export function detectWholeForms(d: Detection, from: number, to: number): boolean {
  const { bytes, start, end } = d
  if (to - from > 120) return false
  let first = from
  let last = to
  const isPart = (byte: number) => isTokenByte(byte) || byte === 0x2e || byte === 0x7e || byte === 0x3a || byte === 0x2f
  while (first > start && from - first < 60 && isPart(bytes[first - 1]!)) first--
  while (last < end && last - to < 80 && isPart(bytes[last]!)) last++
  while (last > to && (bytes[last - 1] === 0x2e || bytes[last - 1] === 0x2f || bytes[last - 1] === 0x3a)) last--
  first = Math.min(from, afterEscape(bytes, start, first, end))
  const text = latin1(bytes, first, last)
  const hook =
    /(hooks\.slack\.com\/(services|workflows|triggers)\/)([A-Za-z0-9/_-]{20,})$/.exec(text) ??
    /(discord(?:app)?\.com\/api\/webhooks\/\d+(\/))([A-Za-z0-9_-]{40,})$/.exec(text) ??
    /(\/IncomingWebhook(\/))([0-9a-z]{32}(?:\/[0-9a-z-]{36})?(?:\/[\w-]{20,60})?)$/.exec(text)
  const bot = /(?:^|\/bot|[^0-9A-Za-z])(\d{8,10}:AA[A-Za-z0-9_-]{32,34})(?![A-Za-z0-9_-])/.exec(text)
  if (bot !== null) {
    const at = first + bot.index + bot[0].length - bot[1]!.length
    d.add(telegramToken, at, at + bot[1]!.length)
    return true
  }
  if (hook !== null) {
    d.add(slackWebhook, last - hook[3]!.length, last)
    return true
  }
  if (detectResetLink(d, from, to)) return true
  for (const offset of [0, text.indexOf(':') + 1, text.lastIndexOf('/') + 1, text.lastIndexOf('=') + 1]) {
    const part = text.slice(offset)
    for (const { name, pattern } of wholeForms) {
      if (!pattern.test(part) || name === 'sentry_token' || isPlaceholder(part)) continue
      d.add(detectorId(name), first + offset, last)
      return true
    }
  }
  return false
}
