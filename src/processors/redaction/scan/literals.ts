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
  '?%3a', // an encoded colon
  '?8q~', // Azure's secrets
  '?7q~',
  'u004', // \u0040
  '/hom', // /home/<user>
  '/use', // /Users/<user>, C:/Users
  '\\use', // C:\Users\<user>
  'stre', // street
]

const bucketCount = 8
/** How often letters come in text, per mille; what is not here counts as 5. For spreading literals over buckets. */
const letterWeights: Readonly<Record<string, number>> = {
  e: 110,
  t: 80,
  a: 75,
  o: 70,
  i: 65,
  n: 65,
  s: 60,
  r: 55,
  h: 50,
  l: 38,
  d: 38,
  c: 27,
  u: 26,
  m: 23,
  p: 20,
  g: 18,
  y: 17,
  f: 18,
  w: 18,
  b: 14,
  v: 9,
  k: 8,
  x: 3,
  j: 2,
  q: 2,
  z: 2,
  ' ': 150,
  '.': 15,
  _: 12,
  '-': 10,
  '/': 10,
  '"': 25,
}

const indexOfByte = (byte: number) => (byte >> 1) & 15

const indexWeights = Array.from({ length: 16 }, (_, index) => {
  let weight = 0
  for (let byte = 32; byte < 127; byte++) {
    if (indexOfByte(byte) === index) weight += letterWeights[String.fromCharCode(byte)] ?? 2
  }
  return weight / 1400
})

/** Sixteen bits per place: the indexes that a bucket lets through. */
type Places = [number, number, number, number]

function placesOf(literal: string): Places {
  return Array.from({ length: 4 }, (_, place) => {
    const character = literal[place]!
    return character === '?' ? 0xffff : 1 << indexOfByte(character.charCodeAt(0))
  }) as Places
}

function chance(places: Places): number {
  let product = 1
  for (const set of places) {
    let weight = 0
    for (let index = 0; index < 16; index++) if ((set >> index) & 1) weight += indexWeights[index]!
    product *= Math.min(1, weight)
  }
  return product
}

/** The four tables that the scanner looks bytes up in: bit b of entry i says that bucket b takes index i there. */
export function literalTables(literals: readonly string[]): Uint8Array {
  const buckets = Array.from({ length: bucketCount }, (): Places => [0, 0, 0, 0])
  for (const literal of literals) {
    if (literal.length !== 4) throw new Error(`a fingerprint has four bytes: ${literal}`)
    const places = placesOf(literal)
    let best = 0
    let bestCost = Number.POSITIVE_INFINITY
    buckets.forEach((bucket, i) => {
      const cost = chance(bucket.map((set, place) => set | places[place]!) as Places) - chance(bucket)
      if (cost < bestCost) {
        best = i
        bestCost = cost
      }
    })
    for (let place = 0; place < 4; place++) buckets[best]![place]! |= places[place]!
  }
  const tables = new Uint8Array(64)
  buckets.forEach((bucket, i) => {
    bucket.forEach((set, place) => {
      for (let index = 0; index < 16; index++) if ((set >> index) & 1) tables[place * 16 + index]! |= 1 << i
    })
  })
  return tables
}
