import type { vendorKeyNames } from './catalog.ts'

/** One form of a vendor's keys. */
export interface VendorForm {
  readonly name: (typeof vendorKeyNames)[number] | 'private_key' | 'jwt'
  readonly prefix: string
  /** Characters behind the prefix, as a class of a regular expression. */
  readonly alphabet: string
  readonly min: number
  readonly max: number
  /** A further check of what stands behind the prefix; a pattern is anchored and has bounded repeats. */
  readonly check?: 'github' | 'sendgrid' | 'random' | 'mixed' | 'airtable' | 'jwt' | 'base64' | RegExp
}

export const word = 'A-Za-z0-9'
export const base64Url = 'A-Za-z0-9_\\-'
export const hex = 'a-f0-9'
export const anyHex = 'a-fA-F0-9'

/** One form for each of the prefixes, which spaces part. */
export const form = (
  name: VendorForm['name'],
  prefixes: string,
  alphabet: string,
  min: number,
  max = min,
  check?: VendorForm['check'],
): VendorForm[] =>
  prefixes.split(' ').map(prefix => ({ name, prefix, alphabet, min, max, ...(check === undefined ? {} : { check }) }))
