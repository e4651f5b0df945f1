import * as layout from './scan-layout.ts'

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
  // Ends of attributes' keys: behind the key stands the tag of its value, 0x12.
  'pin\x12',
  'ass\x12', // pass
  'ess\x12', // address
  // Words before what is too short to be a candidate itself.
  'pin ',
  'pan ',
  'orn ', // born
  'veri', // verification code
  'nfir', // confirmation code
  'rity', // security code
  'y_co', // security_code
  'n_co', // verification_code
  'piry', // expiry
  'nino',
]

/** The same in buckets, so that text hits few by chance; scripts/wasm/assign-buckets.ts finds them. */
const buckets: readonly (readonly string[])[] = [
  ['pin\x12', '/use', 'duse', 'ecre', 'ess\x12'],
  ['rede', 'stre', 'rity', 'piKe', '\\use', 'fied', 'piry'],
  ['?dob', '?otp', '?%40'],
  ['oken', 'egin', '-key', 'skey', 'nfir', 'ekey', '_key'],
  ['api-', 'd_li', 'auth', 'veri', 'api_'],
  ['arer', 'assc', 'assp', 'ass\x12', 'assw', 'birt'],
  ['pan ', 'orn ', 'name', 'pin ', '/hom', 'nino', 'y_co', 'n_co', 'okie'],
  ['?8q~', '?cvv', '?7q~', '?cvc', '?pwd', 'u004', 'u003'],
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

/**
 * Literals by the upper ten bits of a product, each alone in its place. Four folded letters are one number, little-endian; of
 * those that begin with any byte the three others are, with nothing in the place of the first.
 */
export interface LiteralHash {
  readonly factor: number
  readonly table: Uint32Array
}

/** Any word that ends in `key` counts, whichever of them the buckets have. One table serves all first looks: none is stricter. */
export const literalHash: LiteralHash = /* @__PURE__ */ (() => {
  const words = new Set(
    [...builtInLiterals, '?key'].map(literal => {
      const folded = (Buffer.from(literal).readInt32LE(0) | 0x20202020) >>> 0
      return literal.startsWith('?') ? (folded & 0xffffff00) >>> 0 : folded
    }),
  )
  let factor = 0x9e3779b1
  while (true) {
    const table = new Uint32Array(layout.literalsCount)
    let isAlone = true
    for (const word of words) {
      const place = Math.imul(word, factor) >>> 22
      if (table[place] !== 0) isAlone = false
      table[place] = word
    }
    if (isAlone) return { factor, table }
    factor = ((Math.imul(factor, 0x343fd) + 0x269ec3) >>> 0) | 1
  }
})()
