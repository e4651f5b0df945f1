/**
 * Four-byte fingerprints of the literals that the scanner looks for: `?` stands for any byte. A literal is compared by
 * bits 1 to 4 of each byte only, so upper and lower case are one, and the verifier behind it does the exact comparison.
 */
export const builtInLiterals: readonly string[] = [
  'assw', // password, passwd, passwort
  'assp', // passphrase, passport
  'assc', // passcode
  '?pwd',
  'ecre', // secret
  'oken', // token
  'piKe', // apiKey
  'api_', // api_key
  'api-', // x-api-key
  '_key',
  '-key',
  'skey', // accesskey
  'ekey', // privatekey
  'rede', // credential
  'auth',
  'okie', // cookie
  'arer', // bearer
  '?otp',
  '?cvv',
  '?cvc',
  'name',
  'birt', // birth
  '?dob',
  'duse', // enduser
  'egin', // BEGIN ... PRIVATE KEY
  '?%40',
  '?8q~', // Azure's secrets
  '?7q~',
  'u004', // \u0040
  'u003', // \u003a \u003d, and so \u0026
  '/hom', // /home/<user>
  '/use', // /Users/<user>, C:/Users
  '\\use', // C:\Users\<user>
  'stre', // street
  'fied', // identified by
  'd_li', // process.command_line
]

/** The same in buckets, so that text hits few by chance; scripts/wasm/assign-buckets.ts finds them. */
const buckets: readonly (readonly string[])[] = [
  ['u003', 'u004', 'ecre', 'birt'],
  ['name', '/hom', 'okie'],
  ['arer', 'assc', 'assp', 'api-', 'assw'],
  ['?dob', '?pwd', '?cvv', '?cvc'],
  ['?%40', '?otp', '?7q~', '?8q~', 'api_'],
  ['piKe', 'rede', 'fied', 'auth'],
  ['duse', '/use', 'stre', '\\use'],
  ['egin', 'ekey', 'd_li', '_key', 'skey', '-key', 'oken'],
]

/** The four tables that the scanner looks bytes up in: bit b of entry i says that bucket b takes index i there. */
export function literalTables(): Uint8Array {
  const tables = new Uint8Array(64)
  buckets.forEach((bucket, b) => {
    for (const literal of bucket) {
      for (let place = 0; place < 4; place++) {
        const character = literal[place]!
        const own = (literal.charCodeAt(place) >> 1) & 15
        for (let index = 0; index < 16; index++)
          if (character === '?' || index === own) tables[place * 16 + index]! |= 1 << b
      }
    }
  })
  return tables
}
