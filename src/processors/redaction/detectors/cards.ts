import { allSame, luhn } from './checksums.ts'

/** Issuers' ranges by the first digits, with the lengths that they use. Legacy 13-digit numbers are left out. */
export function isCardNumber(digits: Uint8Array, count: number): boolean {
  return count >= 14 && count <= 19 && hasIssuer(digits, count) && !allSame(digits, count) && luhn(digits, count)
}

/** The same beside a word for cards: also Maestro's short numbers, old ones of Visa, UATP's, and issuers that this list lacks. */
export function isNamedCard(digits: Uint8Array, count: number): boolean {
  return (
    count >= 12 &&
    count <= 19 &&
    ((digits[0]! >= 2 && digits[0]! <= 6) || (digits[0] === 1 && count === 15)) &&
    !allSame(digits, count) &&
    luhn(digits, count)
  )
}

function hasIssuer(digits: Uint8Array, count: number): boolean {
  const two = digits[0]! * 10 + digits[1]!
  const three = two * 10 + digits[2]!
  const four = three * 10 + digits[3]!
  const six = four * 100 + digits[4]! * 10 + digits[5]!
  switch (digits[0]) {
    case 4:
      return count === 16 || count === 19
    case 5:
      if (two >= 51 && two <= 55) return count === 16
      // RuPay, and Verve's and Elo's
      if (three >= 506 && three <= 509) return count === 16
      return (four === 5018 || four === 5019 || four === 5020 || four === 5038 || four === 5893) && count >= 16
    case 1:
      // JCB's old ones, as 2131 below
      return four === 1800 && count === 15
    case 2:
      if (four === 2131) return count === 15
      if (four >= 2200 && four <= 2204) return count >= 16
      return four >= 2221 && four <= 2720 && count === 16
    case 3:
      if (two === 34 || two === 37) return count === 15
      if (two === 36 || two === 38 || two === 39 || (three >= 300 && three <= 305) || four === 3095) {
        return count === 14 || (count >= 16 && two !== 39)
      }
      return two === 35 && count >= 16
    case 6:
      if (four === 6011 || two === 65 || (three >= 644 && three <= 649)) return count === 16 || count === 19
      if (six >= 622126 && six <= 622925) return count >= 16
      if (two === 62 || two === 60 || two === 81) return count >= 16
      return (four === 6304 || four === 6759 || (four >= 6761 && four <= 6763)) && count >= 16
    case 8:
      return two === 81 && count >= 16
    default:
      return false
  }
}
