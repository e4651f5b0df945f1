/** Check-digit arithmetic over digit values, which callers hand in as an array that is valid up to `count`. */
export type Digits = Uint8Array

export function luhn(digits: Digits, count: number): boolean {
  let sum = 0
  for (let i = 0; i < count; i++) {
    let digit = digits[count - 1 - i]!
    if (i % 2 === 1) {
      digit *= 2
      if (digit > 9) digit -= 9
    }
    sum += digit
  }
  return sum % 10 === 0
}

const verhoeffMultiply = [
  '0123456789',
  '1234067895',
  '2340178956',
  '3401289567',
  '4012395678',
  '5987604321',
  '6598710432',
  '7659821043',
  '8765932104',
  '9876543210',
]
const verhoeffPermute = [
  '0123456789',
  '1576283094',
  '5803796142',
  '8916043527',
  '9453126870',
  '4286573901',
  '2793806415',
  '7046913258',
]

export function verhoeff(digits: Digits, count: number): boolean {
  let check = 0
  for (let i = 0; i < count; i++) {
    const permuted = Number(verhoeffPermute[i % 8]![digits[count - 1 - i]!])
    check = Number(verhoeffMultiply[check]![permuted])
  }
  return check === 0
}

/** The sum of digits times weights, from the first digit on. */
export function weighted(digits: Digits, weights: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += digits[i]! * weights[i]!
  return sum
}

/** ISO 7064 mod 11,10 with the check digit in the last place. */
export function mod11And10(digits: Digits, count: number): boolean {
  let product = 10
  for (let i = 0; i < count - 1; i++) {
    let sum = (digits[i]! + product) % 10
    if (sum === 0) sum = 10
    product = (sum * 2) % 11
  }
  return (11 - product) % 10 === digits[count - 1]
}

export function allSame(digits: Digits, count: number): boolean {
  for (let i = 1; i < count; i++) if (digits[i] !== digits[0]) return false
  return true
}

/** Remainder by 97 of text in which letters count as 10 to 35, as ISO 13616 says, the first four places last. */
export function ibanRemainder(text: string): number {
  let remainder = 0
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder
}

const crcTable = /* @__PURE__ */ Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value >>> 0
})

export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff
  for (let i = start; i < end; i++) crc = crcTable[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
