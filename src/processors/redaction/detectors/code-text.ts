import { nameWords, wordsOfName } from './name-words.ts'

const members = /^[A-Za-z_$][A-Za-z_$]*(?:(?:\??\.|->|::)[A-Za-z_$][A-Za-z_$]*)+$/
const call = /^[*&!(]?[A-Za-z_$][A-Za-z_$.]{2,63}[([{<][A-Za-z_$., =*&([]{0,64}$/
const macro = /^[a-z_]{3,}!(?:[([{]|$)/
const methodCall = /^[*&!]?[A-Za-z_$][\w$]*(?:(?:\??\.|->|::)[A-Za-z_$][\w$]*)+[([{<]/
const index = /^[A-Za-z_$][A-Za-z_$.]{2,63}(?:\[[\d:]*|!\[[a-z=@?]*)$/
const member = /^[A-Za-z_$][\w$.]*\[[A-Za-z_$][\w$.]*$/
const closingBracket = 0x5d
const colon = 0x3a
const typeName = /^Secret(?:Str|String|Bytes|Value|Text)$/
const expression = /^\/(?:\^|\(\?|\[\^|\\[bdsw])|\(\?[:=!<]/
const environment = /^[A-Za-z_$][\w$.]*\((?:process\.env|os\.environ|Environment\.|await |this\.|self\.)/
const receiver =
  /^(this|self|cls|req|request|os|config|cfg|info|args|opts|options|params|ctx|process|attribute|attrs|settings|props|state|data|env|user|creds|credentials)(\.[A-Za-z_$]|\[)/
const type = /^[*&]?(?:\[\d*\]?|map\[)+[A-Za-z_.]*$|^[*&][A-Za-z_.]+$|^[*&][a-z]\w*\.[A-Z][A-Za-z]+$/
const object = /^(?:[a-z_]\w*\.)*[A-Z][A-Za-z]+(?:\$\w+)?(?:\{[\w-]{0,64}|@[0-9a-f]{1,8})$/
const dottedObject = /^[a-z]\w*(?:\.[A-Za-z_$][\w$]*)+(?:@[0-9a-f]{1,8}|\/\d+)$/
const formatVerb = /^%(?:[sdvqr+]\b|\(|\{)|^\{[a-z_]+(?:\.[a-z_]+)*![rsa]/

/**
 * What stands there in source code or in the text of an object: a call, a member, a type, an index, `Token{a64f99`. Only
 * for text without quotes, `behind` being the byte that ended it, and none of it matches where digits mix with letters as people and generators mix them.
 */
export const isCode = (text: string, behind: number) =>
  ((behind === closingBracket || behind === colon) && index.test(text)) ||
  members.test(text) ||
  call.test(text) ||
  macro.test(text) ||
  methodCall.test(text) ||
  receiver.test(text) ||
  type.test(text) ||
  typeName.test(text) ||
  expression.test(text) ||
  environment.test(text) ||
  (behind === closingBracket && member.test(text)) ||
  object.test(text) ||
  dottedObject.test(text) ||
  formatVerb.test(text) ||
  /^(?:=|\+ |=> |func\(|function\b|lambda\b|new [A-Z]|await |\(\[)/.test(text)

const valueWords = /^(?:str|string|value|var|env|param|arg|input|field)$/

/** Whether the value only says its own name again: `password=key_password`, `"token": "token"`, an anchor of a document. */
export function repeatsName(name: string, text: string): boolean {
  if (!/^[A-Za-z_.-]+$/.test(text)) return false
  const words = nameWords(text)
  const own = wordsOfName(name)
  if (words.length > own.length && valueWords.test(words.at(-1)!) && words.slice(0, own.length).join() === own.join())
    return true
  return words.join('') === own.join('') || (words.length <= 4 && words.at(-1) === own.at(-1))
}
