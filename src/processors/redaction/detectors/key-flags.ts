/** What the name of a value says about it: bits of `KeyInfo.flags`. */
export const keyExempt = 1 << 0
// identifiers, times, versions: digits in it are no personal data
export const keySecret = 1 << 1
// the whole value is a password, token or key
export const keyAuthorization = 1 << 2
export const keyCookie = 1 << 3
export const keyPerson = 1 << 4
export const keyPhone = 1 << 5
export const keySsn = 1 << 6
export const keyCard = 1 << 7
export const keyCvv = 1 << 8
export const keyClientAddress = 1 << 9
export const keyServerAddress = 1 << 10
export const keyVersion = 1 << 11
// dotted numbers in it are versions
export const keyBirth = 1 << 12
export const keyPassport = 1 << 13
export const keyLicence = 1 << 14
export const keyAddress = 1 << 15
export const keyBank = 1 << 16
export const keyImei = 1 << 17
export const keyExpiry = 1 << 18
export const keyPath = 1 << 19
// a path of a URL: `/home/x` in it is no home folder
export const keyMessageId = 1 << 20
export const keyPin = 1 << 21
// short numeric secrets
export const keyAba = 1 << 22
export const keySortCode = 1 << 23
export const keyAwsSecret = 1 << 24
export const keyIccid = 1 << 25
export const keyWallet = 1 << 26
export const keyMac = 1 << 27
export const keyCommand = 1 << 29
// a command with its options
export const keyQueryCode = 1 << 28
// secret as a URL parameter only: code, key, sig

/** Beside `keyPhone`, of words before a number: another word stands between. */
export const keyPhoneFar = 1 << 30

/** Each national id's own context bit, in `KeyInfo.nationalIds`. */
export const nationalIdNames = [
  'uk_nino',
  'uk_nhs',
  'ca_sin',
  'in_aadhaar',
  'in_pan',
  'de_steuer_id',
  'br_cpf',
  'br_cnpj',
  'fr_nir',
  'es_dni',
  'es_nie',
  'it_codice_fiscale',
  'pl_pesel',
  'nl_bsn',
  'se_personnummer',
  'fi_hetu',
  'au_tfn',
  'au_medicare',
  'sg_nric',
  'za_id',
  'kr_rrn',
  'tr_tckn',
  'cn_id',
] as const
/** Beside an id's own bit: the word has no other meaning, so that what has the id's form is taken for one, check digits or not. */
export const certainId = 1 << 24

export interface KeyInfo {
  readonly flags: number
  readonly nationalIds: number
}

export const noKey: KeyInfo = { flags: 0, nationalIds: 0 }
