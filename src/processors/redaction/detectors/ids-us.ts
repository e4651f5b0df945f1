/** Social security number over nine digits: area, group and serial that were ever given out. */
export function isSsn(d: Uint8Array): boolean {
  const area = d[0]! * 100 + d[1]! * 10 + d[2]!
  const group = d[3]! * 10 + d[4]!
  const serial = d[5]! * 1000 + d[6]! * 100 + d[7]! * 10 + d[8]!
  if (area === 0 || area === 666 || area >= 900 || group === 0 || serial === 0) return false
  // Printed in wallets and brochures.
  if (area === 78 && group === 5 && serial === 1120) return false
  if (area === 219 && group === 9 && serial === 9999) return false
  return true
}

/** Taxpayer number over nine digits: 9xx with the groups in use. */
export function isItin(d: Uint8Array): boolean {
  const group = d[3]! * 10 + d[4]!
  if (d[0] !== 9) return false
  return (
    (group >= 50 && group <= 65) ||
    (group >= 70 && group <= 88) ||
    (group >= 90 && group <= 92) ||
    (group >= 94 && group <= 99)
  )
}

/** Bank routing number over nine digits. */
export function isAba(d: Uint8Array): boolean {
  const two = d[0]! * 10 + d[1]!
  const isDistrict = two <= 12 || (two >= 21 && two <= 32) || (two >= 61 && two <= 72) || two === 80
  const sum = 3 * (d[0]! + d[3]! + d[6]!) + 7 * (d[1]! + d[4]! + d[7]!) + d[2]! + d[5]! + d[8]!
  return isDistrict && sum > 0 && sum % 10 === 0
}
