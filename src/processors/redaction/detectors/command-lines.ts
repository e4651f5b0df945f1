import { detectorId } from './catalog.ts'
import type { Detection } from './detection.ts'
import { isSecretValue } from './randomness.ts'
import { latin1 } from './text-bytes.ts'

const secret = detectorId('secret')
const textMax = 8192
/** An argument, with quotes around it or without. */
const word = String.raw`(?:\\*["'])?((?:(?!\\*["']|\\+[nrt])\S)+)`

/** Programs whose short options take a password; what they are called with in between may be anything. */
const options: readonly RegExp[] = [
  new RegExp(`\\bsshpass\\b[^|;]{0,64}?\\s-p\\s?${word}`, 'g'),
  new RegExp(`\\bpsexec(?:64)?(?:\\.exe)?\\b[^|;]{0,256}?\\s-p\\s+${word}`, 'gi'),
  /\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^|;]{0,256}?\s-p([^\s"'\\-](?:(?!\\*["']|\\+[nrt])\S)*)/g,
  new RegExp(`\\b(?:docker|podman|helm|az|oc|nerdctl)\\b[^|;]{0,64}?\\blogin\\b[^|;]{0,256}?\\s-p\\s+${word}`, 'g'),
  /\b(?:redis-cli|valkey-cli|rdcli)\b[^|;]{0,256}?\s-a\s+(\S+)/g,
  /\b(?:mongo|mongosh|mongodump|mongorestore|ldapsearch|ldapmodify|sqlcmd|bcp|clickhouse-client)\b[^|;]{0,256}?\s-[pwP]\s+(\S+)/g,
  // user:password, with quotes around both or the second; a token alone leaves one side empty.
  /\b(?:curl|wget|http|https|xh)\b[^|;]{0,512}?\s(?:-u|-a|--user|--auth|--proxy-user|-U)[\s=]*(?:\\*["'])?[^\s:"'\\<]{0,128}(?:\\*["'])?:(?:\\*["'])?((?:(?!\\*["']|\\+[nrt])\S)+)/g,
  /\b(?:curl|wget|http|https|xh)\b[^|;]{0,512}?\s(?:-u|-a|--user|--auth|-U)[\s=]*(?:\\*["'])?([^\s:"'\\<]{8,128}):(?=\\*["']|\s|$)/g,
  // A cookie: the first one's value.
  /\bcurl\b[^|;]{0,512}?\s(?:-b|--cookie)[\s=]+(?:\\*["'])?[\w.-]{1,64}=((?:(?!\\*["'])[^\s;])+)/g,
  /\bopenssl\b[^|;]{0,256}?\s-(?:k|K)\s+(\S+)/g,
  /\s-pass(?:in|out)?\s+pass:(\S+)/g,
]

/** Passwords that options of well-known programs hold in the command in `bytes[from, to)`. */
export function detectCommandSecrets(d: Detection, from: number, to: number): void {
  const text = latin1(d.bytes, from, Math.min(to, from + textMax))
  d.spend(text.length)
  for (const option of options) {
    option.lastIndex = 0
    for (let match = option.exec(text); match !== null; match = option.exec(text)) {
      const value = match[1]!.replace(/["']$/, '')
      if (!isSecretValue(value, true) || /^[-$]/.test(value)) continue
      const start = from + match.index + match[0].lastIndexOf(match[1]!)
      d.add(secret, start, start + value.length)
    }
  }
}
