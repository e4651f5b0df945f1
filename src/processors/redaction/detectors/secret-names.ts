import { keyAuthorization, keyAwsSecret, keyCookie, keyQueryCode, keySecret } from './key-flags.ts'
import { neutralEndings } from './key-meanings.ts'
import { looksRandom } from './randomness.ts'
import { vendorNames } from './vendor-names.ts'

/** Last words of a name that make its value a secret, alone or joined with the word before. */
export const secretWords = new Set(
  (
    'password passwd pswd pwd passwort kennwort contrasena motdepasse senha wachtwoord haslo heslo jelszo losenord salasana sifre adgangskode ' +
    'passphrase secret secrets token apikey accesskey secretkey privatekey ' +
    'encryptionkey signingkey masterkey accountkey sharedkey sharedaccesskey storagekey sshkey authkey authtoken credential ' +
    'credentials clientsecret connectionstring connstring connstr dsn jwt bearer sessiontoken csrftoken xsrftoken csrf xsrf ' +
    'accesstoken refreshtoken idtoken sastoken webhooksecret hmackey saltkey cryptkey licensekey subscriptionkey functionkey ' +
    'apitoken apisecret appkey appsecret consumerkey consumersecret sharedsecret userpassword dbpassword mysqlpwd dbpass ' +
    'userpass ftppass smtppass mysqlpass pgpassword redispass adminpass rootpass awssecret bottoken deploykey servicekey ' +
    'encryptedpassword creds cred crumb astracs senord ifre parola parool passe clave dockerconfigjson dockercfg privatelines seedphrase mnemonic xapikey oauthtoken personalaccesstoken securitytoken amzsecuritytoken ' +
    'sonarlogin dsonarlogin functionskey artapi honeycombteam hubsignature slacksignature webhooksignature presharedkey keybase unsealkey proxypassword keypassword keystorepassword truststorepassword pass psk pw'
  ).split(' '),
)
/** Long enough to be a secret's name at the end of a word written together, as `dbpassword`. */
export const secretEndings = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'secretkey',
  'accesskey',
  'privatekey',
]
/** Parameters of URLs that grant access. */
export const queryWords = new Set(
  'sig signature code key authcode xamzsignature xgoogsignature amzsignature googsignature policy authkey session sessionid sid jsessionid phpsessid hmac ticket assertion samlresponse samlrequest state sso verifier'.split(
    ' ',
  ),
)
/** A whole name that stands for a pagination cursor or a count, although it ends like a secret. */
const harmlessNames =
  /(^|[._-])(next|page|continuation|cursor|sync|resume|pagination|eos|eof|bos|pad|stop|unk|first|last)[._-]?(page)?[._-]?token$|tokentype$|(^|[._-])(public|primary|foreign|partition|sort|routing|cache|idempotency|row|shard|group|object|map|feature|message|record|composite|unique|natural)[._-]?key$|publickeytoken$|jsonwebtoken$|^aws[._-]?access[._-]?key[._-]?id$/i

export const authorizationWords = new Set(['authorization', 'auth', 'authheader', 'authentication'])
export const cookieWords = new Set(['cookie', 'cookies', 'setcookie'])

/** Authorization and cookies: by the last word only, for `auth.method` and `cookie_consent` hold none. */
export function headerFlags(words: readonly string[]): number {
  let count = words.length
  while (count > 1 && /^(\d+|value|header|headers)$/.test(words[count - 1]!)) count--
  const last = words[count - 1] ?? ''
  return (authorizationWords.has(last) ? keyAuthorization : 0) | (cookieWords.has(last) ? keyCookie : 0)
}

/** Case that turns as no name's does. */
const mixedCase = /[a-z][A-Z].*[a-z][A-Z].*[a-z][A-Z]/

export function secretFlags(words: readonly string[], name: string): number {
  let count = words.length
  while (count > 1 && (neutralEndings.has(words[count - 1]!) || /^\d+$/.test(words[count - 1]!))) count--
  // `password2`
  const last = words[count - 1]?.replace(/(?<=[a-z]{4})\d+$/, '')
  if (last === undefined || harmlessNames.test(name)) return 0
  // The end of a random id may look like a short word: `thread_8DNFg1cFitDksC9ultUEdoPw`.
  if (last.length <= 4 && /[A-Za-z0-9]{12,}$/.test(name) && /\d[A-Za-z]{0,12}$/.test(name)) return 0
  if (last === 'pw' && !/(?:^|[_.-])pw\d*$/i.test(name) && !/^[a-z]{2,12}P[wW]$/.test(name)) return 0
  if (last.length <= 4 && name.length >= 16 && (looksRandom(name) || mixedCase.test(name))) return 0
  const joined = count > 1 ? words[count - 2]! + last : last
  if (/^(aws)?(secretaccesskey|secretkey)$/.test(words.slice(0, count).join(''))) return keySecret | keyAwsSecret
  if (joined === 'accesskey' && count > 1 && words[count - 3] === 'secret') return keySecret | keyAwsSecret
  if (secretWords.has(last) || secretWords.has(joined)) return keySecret
  if (last === 'pat' && count > 1 && (words[count - 2] === 'ado' || vendorNames.has(words[count - 2]!)))
    return keySecret
  if (last === 'key' && count > 1 && vendorNames.has(words[count - 2]!)) return keySecret
  if (last.length > 5 && last.endsWith('key') && vendorNames.has(last.slice(0, -3))) return keySecret
  if (secretEndings.some(ending => last.endsWith(ending))) return keySecret
  // `issuerKeyHash` is no key.
  if (words.at(-1) === 'hash') return 0
  return queryWords.has(last) || queryWords.has(joined) || queryWords.has(words.join('')) ? keyQueryCode : 0
}
