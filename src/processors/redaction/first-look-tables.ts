import type { DetectorSettings } from './detectors/detection.ts'
import { byteClasses, byteDigit, byteHex, byteLower, byteToken, byteUpper } from './detectors/text-bytes.ts'
import { vendorPrefixes } from './detectors/vendor-key-search.ts'
import { betweenSigns, foursTable, lettersTable, setBit } from './prefilter-names.ts'
import { literalHash } from './scan/literals.ts'
import * as layout from './scan/scan-layout.ts'

const joints = ' -./+%'
const hashSigns = '$+,./=:'

/** What the scanner's own first look reads, as it lies in its memory from `lettersOffset` on. */
export function firstLookTables({ addressClasses }: DetectorSettings): Uint8Array {
  const image = new Uint8Array(layout.lookEnd - layout.lettersOffset)
  const at = (offset: number) => offset - layout.lettersOffset
  image.set(lettersTable(), at(layout.lettersOffset))
  const starts = image.subarray(at(layout.startsOffset), at(layout.foursOffset))
  for (const prefix of vendorPrefixes()) {
    const two = prefix.charCodeAt(0) | (prefix.charCodeAt(1) << 8)
    if (prefix.length > 2) setBit(starts, layout.hash16(two | (prefix.charCodeAt(2) << 16)))
    else for (let third = 0; third < 256; third++) setBit(starts, layout.hash16(two | (third << 16)))
  }
  image.set(foursTable(), at(layout.foursOffset))
  const bytes = image.subarray(at(layout.bytesOffset), at(layout.maskedOffset))
  for (let byte = 0; byte < 256; byte++) bytes[byte] = lookBits(byte)
  const masked = (['private', 'loopback', 'special'] as const).map(name => (addressClasses.has(name) ? 1 : 0))
  image.set(masked, at(layout.maskedOffset))
  const { factor, table } = literalHash
  image.set(new Uint8Array(table.buffer), at(layout.literalsOffset))
  new DataView(image.buffer).setUint32(at(layout.factorOffset), factor, true)
  for (const sign of ':=>@%') image[at(layout.signsOffset) + sign.charCodeAt(0)] = 1
  return image
}

function lookBits(byte: number): number {
  const own = byteClasses[byte]!
  const character = String.fromCharCode(byte)
  return (
    ((own & byteDigit) !== 0 ? layout.lookDigit : 0) |
    ((own & (byteLower | byteUpper)) !== 0 ? layout.lookLetter : 0) |
    ((own & byteUpper) !== 0 ? layout.lookUpper : 0) |
    ((own & byteToken) !== 0 ? layout.lookToken : 0) |
    ((own & byteHex) !== 0 ? layout.lookHex : 0) |
    (betweenSigns.includes(character) ? layout.lookBetween : 0) |
    (joints.includes(character) ? layout.lookJoint : 0) |
    (hashSigns.includes(character) ? layout.lookHashSign : 0)
  )
}
