import * as layout from './scan-layout.ts'

/**
 * Four-byte literals that the scanner looks for: `?` stands for any byte, a small letter for itself in either case, a capital
 * for itself alone. The scanner compares halves of bytes, so it finds a few others, too; the verifier behind it is exact.
 *
 * To add one: write it here, give it its test in prefilter-names.ts, let `node scripts/wasm/assign-buckets.ts --write` find its
 * bucket, and see what that costs: it prints the hits a span before and after, `node bench/redaction/redaction.bench.ts` the time.
 */
export const builtInLiterals: readonly string[] = [
  'assw', // password, passwd, passwort
  'assp', // passphrase, passport
  'assc', // passcode
  '?pwd',
  'ecre', // secret
  'oken', // token
  'pike', // apiKey
  'api_', // api_key
  'api-', // x-api-key
  '_key',
  '-key',
  '.key',
  '/key',
  'skey', // accesskey
  'ekey', // privatekey
  'rkey', // masterkey
  'nkey', // encryptionkey
  'dkey',
  'lkey',
  'mkey',
  'okey',
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
  'EGIN', // BEGIN ... PRIVATE KEY
  '?%40',
  '?7q~', // Azure's secrets
  '?8q~',
  '?9q~',
  'u004', // \u0040
  '#64;', // &#64;
  'x40;', // &#x40;
  '\\x40',
  'u003', // \u003a \u003d, and so \u0026
  '/hom', // /home/<user>
  '/Use', // /Users/<user>, C:/Users
  '\\Use', // C:\Users\<user>
  '2fho', // %2Fhome%2F
  'fUse', // %2FUsers%2F
  'stre', // street
  'fied', // identified by
  'd_li', // process.command_line
  // Ends of attributes' keys: behind the key stands the tag of its value, 0x12.
  'pin\x12',
  'pan\x12',
  'exp\x12',
  'ass\x12', // pass
  'ess\x12', // address
  'ber\x12', // pan_number, licence number
  'one\x12',
  'fax\x12',
  'ile\x12', // mobile
  'mac\x12',
  'nce\x12',
  'nse\x12',
  'eam\x12',
  'api\x12',
  '256\x12',
  // More ends of keys, and what stands within them: see `keyEnds` and `keyMiddles`.
  'str\x12',
  'nha\x12',
  'ana\x12',
  'mfa\x12',
  'ena\x12',
  '2fa\x12',
  'til\x12',
  'hru\x12',
  '_pw\x12',
  '.pw\x12',
  'ss1\x12',
  'ss2\x12',
  'ne1\x12',
  'ne2\x12',
  'nes\x12',
  'sdn\x12',
  'num\x12',
  'red\x12',
  'eds\x12',
  '\xc3\xb1a\x12',
  'pira',
  'csrf',
  'xsrf',
  'olde',
  's_li',
  'ssli',
  'k_ac',
  'kacc',
  '_psk',
  // A digit and the hyphen that does not break, as models of language write it.
  '0\xe2\x80\x91',
  '1\xe2\x80\x91',
  '2\xe2\x80\x91',
  '3\xe2\x80\x91',
  '4\xe2\x80\x91',
  '5\xe2\x80\x91',
  '6\xe2\x80\x91',
  '7\xe2\x80\x91',
  '8\xe2\x80\x91',
  '9\xe2\x80\x91',
  // Lines of files with cookies and passwords.
  '\tTRU',
  '5432',
  // Words before what is too short to be a candidate itself.
  'pin ',
  'pan ',
  'mac ',
  'orn ', // born
  'veri', // verification code
  'nfir', // confirmation code
  'rity', // security code
  'y_co', // security_code
  'n_co', // verification_code
  'piry', // expiry
  'nino',
  'nsur', // national insurance number
  'ni n', // NI number
  'ni_n',
  'n_ca', // pan_card
  'nCar',
  'nNum',
  '_pan',
  '\npan', // pan_number as a key of ten bytes
  'maca', // macAddress
  'hwad', // hwaddr
  'hetu',
  'c-ad', // mac-address
  'pinc', // pincode
  'fuhr', // fuhrerschein
  'c_ad', // mac_address
  'g_li', // driving_licence
  // A name that is itself a value.
  'pin"',
  // Words of a wallet, members of a JSON Web Key.
  'phra',
  'nemo',
  '"kty',
  // Commands whose short options take a password.
  'curl',
  's-cl', // redis-cli
  'hpas', // sshpass
  'mysq', // mysql -p
  'ogin', // docker login, login code
  // Hashes of passwords, whose signs may leave no long run.
  '?$1$',
  '$2a$',
  '$2b$',
  '$2y$',
  'krb5', // $krb5tgs$
]

/** The same in buckets, so that text hits few by chance: as scripts/wasm/assign-buckets.ts writes them. */
export const literalBuckets: readonly (readonly string[])[] = [
  [
    'nNum',
    'one\x12',
    'hru\x12',
    'kacc',
    'assw',
    'nce\x12',
    'ena\x12',
    'nsur',
    'assc',
    'ne2\x12',
    'nse\x12',
    'ana\x12',
    'nes\x12',
    'hpas',
    'assp',
    'eam\x12',
    'ass\x12',
    'exp\x12',
    'arer',
    'fax\x12',
    'nha\x12',
    'ess\x12',
    'fuhr',
    'num\x12',
    'nCar',
    'ne1\x12',
  ],
  [
    '?cvc',
    'ss2\x12',
    'birt',
    'ecre',
    '?cvv',
    '?7q~',
    'piry',
    '?pwd',
    '?9q~',
    '?8q~',
    'ss1\x12',
    '.pw\x12',
    'xsrf',
    'csrf',
    '_pw\x12',
    'EGIN',
  ],
  [
    'nino',
    'sdn\x12',
    'pinc',
    'x40;',
    '2fa\x12',
    'pin\x12',
    'pin"',
    '?$1$',
    '?dob',
    'eds\x12',
    '2fho',
    'mfa\x12',
    '5432',
    'til\x12',
  ],
  [
    '_pan',
    'ni_n',
    'y_co',
    'api\x12',
    'api-',
    'u004',
    'n_co',
    'api_',
    'n_ca',
    'ni n',
    'auth',
    'nemo',
    '_psk',
    '\npan',
    'u003',
  ],
  [
    '\\x40',
    's_li',
    'krb5',
    'hwad',
    's-cl',
    'g_li',
    'c_ad',
    'ssli',
    '#64;',
    '\\Use',
    'k_ac',
    'duse',
    'curl',
    '$2b$',
    '$2y$',
    'c-ad',
    '$2a$',
    'd_li',
  ],
  [
    '\tTRU',
    'name',
    'pin ',
    'pike',
    'mysq',
    'pira',
    'stre',
    '\xc3\xb1a\x12',
    'maca',
    'nfir',
    'orn ',
    'pan\x12',
    'phra',
    'mac ',
    'str\x12',
    'mac\x12',
    'pan ',
  ],
  [
    '256\x12',
    'veri',
    'red\x12',
    'olde',
    'ile\x12',
    'ogin',
    'okie',
    'rede',
    'oken',
    '/hom',
    'fUse',
    'fied',
    'ber\x12',
    '/Use',
  ],
  [
    '-key',
    '.key',
    'skey',
    '?%40',
    'nkey',
    '6\xe2\x80\x91',
    '?otp',
    '"kty',
    '/key',
    'rity',
    'lkey',
    '2\xe2\x80\x91',
    'dkey',
    'okey',
    '7\xe2\x80\x91',
    '_key',
    '5\xe2\x80\x91',
    'mkey',
    '8\xe2\x80\x91',
    '1\xe2\x80\x91',
    'rkey',
    '4\xe2\x80\x91',
    'hetu',
    'ekey',
    '0\xe2\x80\x91',
    '3\xe2\x80\x91',
    '9\xe2\x80\x91',
  ],
]

/** The bytes that may stand at one place of a literal. */
export function bytesOf(literal: string, place: number): readonly number[] {
  const character = literal[place]!
  if (character === '?') return Array.from({ length: 256 }, (_, byte) => byte)
  return [...new Set([character, /[a-z]/.test(character) ? character.toUpperCase() : character])].map(one =>
    one.charCodeAt(0),
  )
}

/**
 * The tables that the scanner looks bytes up in: by place in the literal, 16 entries by the low half of a byte and 16 by
 * the high one. Bit b of an entry says that bucket b takes that half there.
 */
export function literalTables(): Uint8Array {
  const tables = new Uint8Array(128)
  literalBuckets.forEach((bucket, b) => {
    for (const literal of bucket) {
      for (let place = 0; place < 4; place++) {
        for (const byte of bytesOf(literal, place)) {
          tables[place * 32 + (byte & 15)]! |= 1 << b
          tables[place * 32 + 16 + (byte >> 4)]! |= 1 << b
        }
      }
    }
  })
  return tables
}

/**
 * Literals by the upper bits of a product, each alone in its place. Four folded letters are one number, little-endian; of
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
      const folded = (Buffer.from(literal, 'latin1').readInt32LE(0) | 0x20202020) >>> 0
      return literal.startsWith('?') ? (folded & 0xffffff00) >>> 0 : folded
    }),
  )
  let factor = 0x9e3779b1
  while (true) {
    const table = new Uint32Array(layout.literalsCount)
    let isAlone = true
    for (const word of words) {
      const place = Math.imul(word, factor) >>> layout.literalShift
      if (table[place] !== 0) isAlone = false
      table[place] = word
    }
    if (isAlone) return { factor, table }
    factor = ((Math.imul(factor, 0x343fd) + 0x269ec3) >>> 0) | 1
  }
})()
