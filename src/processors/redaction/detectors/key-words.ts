import { looksRandom } from './randomness.ts'
import { vendorNames } from './vendor-names.ts'

/** What the name of a value says about it: bits of `KeyInfo.flags`. */
export const keyExempt = 1 << 0 // identifiers, times, versions: digits in it are no personal data
export const keySecret = 1 << 1 // the whole value is a password, token or key
export const keyAuthorization = 1 << 2
export const keyCookie = 1 << 3
export const keyPerson = 1 << 4
export const keyPhone = 1 << 5
export const keySsn = 1 << 6
export const keyCard = 1 << 7
export const keyCvv = 1 << 8
export const keyClientAddress = 1 << 9
export const keyServerAddress = 1 << 10
export const keyVersion = 1 << 11 // dotted numbers in it are versions
export const keyBirth = 1 << 12
export const keyPassport = 1 << 13
export const keyLicence = 1 << 14
export const keyAddress = 1 << 15
export const keyBank = 1 << 16
export const keyImei = 1 << 17
export const keyExpiry = 1 << 18
export const keyPath = 1 << 19 // a path of a URL: `/home/x` in it is no home folder
export const keyMessageId = 1 << 20
export const keyPin = 1 << 21 // short numeric secrets
export const keyAba = 1 << 22
export const keySortCode = 1 << 23
export const keyAwsSecret = 1 << 24
export const keyIccid = 1 << 25
export const keyWallet = 1 << 26
export const keyMac = 1 << 27
export const keyCommand = 1 << 29 // a command with its options
export const keyQueryCode = 1 << 28 // secret as a URL parameter only: code, key, sig

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
const allNationalIds = (1 << nationalIdNames.length) - 1
/** Beside an id's own bit: the word has no other meaning, so that what has the id's form is taken for one, check digits or not. */
export const certainId = 1 << 24

export interface KeyInfo {
  readonly flags: number
  readonly nationalIds: number
}

export const noKey: KeyInfo = { flags: 0, nationalIds: 0 }

/** Words, or two words joined, by what they say. */
const wordLists: readonly (readonly [flag: number, words: string])[] = [
  [
    keyExempt,
    'id ids uuid guid trace span traceid spanid parentid traceparent tracestate correlation timestamp time ts date datetime version ' +
      'commit sha sha1 sha256 sha512 md5 digest hash checksum crc etag revision build ns ms us nanos millis micros seconds ' +
      'unixnano duration latency elapsed offset size length count bytes port pid tid lat lon lng latitude longitude ' +
      'coordinates price amount total subtotal sequence seq index partition order invoice sku snowflake epoch nonce ' +
      'cachekey partitionkey idempotencykey routingkey primarykey sortkey dedupkey shardkey objectkey messagekey ' +
      'tracking waybill shipment parcel consignment ean gtin upc isbn barcode ' +
      'lineno shard project feature issue ticket device instance job batch node block pod container thread rows ' +
      'parent parents segment spanlinks spans childof ctx fingerprint thumbprint serial hex bucket lsn xid txn transaction balance quantity qty cost score ratio percent',
  ],
  [
    keyPerson,
    'fullname firstname lastname surname familyname givenname middlename maidenname displayname customername patientname ' +
      'cardholder cardholdername holdername accountholder nameoncard recipientname employeename contactname realname ' +
      'legalname passengername username enduserid beneficiaryname guestname',
  ],
  [
    keyPhone,
    'phone phones telephone tel mobile cell cellphone fax msisdn phonenumber mobilenumber call called caller callbacknumber ' +
      'contact answering sms whatsapp dial telefon telefono handy reach ring text hotline celular celulare cellulare cellulari movil telefone telefoon ' +
      'telefonnummer telefonnr telefoonnummer handynummer handynr mobilnummer mobil tlf telf gsm mynumber yournumber',
  ],
  [
    keySsn,
    'ssn socialsecurity itin tin taxpayer ssnumber socialsec mysocial yoursocial hissocial hersocial socialis socialnumber',
  ],
  [keyCard, 'card cards creditcard debitcard cardnumber ccnumber cc ccnum pan visa mastercard amex payment cardno'],
  [keyCvv, 'cvv cvc cvv2 cvc2 csc securitycode cardcode cid cardverificationvalue'],
  [keyExpiry, 'expiry exp expiration expires expirydate expdate validthru validuntil expirationdate'],
  [
    keyClientAddress,
    'ip ipaddress ipaddr clientip remoteip sourceip userip peerip clientaddress remoteaddr remoteaddress sourceaddress ' +
      'peeraddress forwardedfor xforwardedfor realip xrealip client peer remote forwarded visitor login from connectingip',
  ],
  [
    keyServerAddress,
    'serveraddress hostip podip nodeip clusterip serverip destinationaddress hostname nethostip dns nameserver gateway ' +
      'localaddress bindaddress listenaddress subnet cidr serviceip',
  ],
  [
    keyVersion,
    'version versions ver release build useragent agent oid semver chrome firefox safari edge revision package pkg edg ' +
      'opr rv fileversion productversion assemblyversion sdk schemaurl driver firmware v',
  ],
  [keyBirth, 'dob birth birthdate birthday dateofbirth born bornon bornat geburtsdatum geboren geburtstag bday bdate'],
  [
    keyPassport,
    'passport passportnumber passportno reisepass reisepassnummer passnummer pasaporte passeport passaporto passaporte paspoort paszport',
  ],
  [
    keyLicence,
    'driverlicense driverslicense driverlicence drivinglicence drivinglicense driverslicence dlnumber dlno licenseplate numberplate ' +
      'fuhrerschein fuehrerschein fuhrerscheinnummer',
  ],
  [
    keyAddress,
    'streetaddress homeaddress postaladdress shippingaddress billingaddress mailingaddress addressline street address1 ' +
      'address2 addressline1 addressline2 deliveryaddress streetname streetline fulladdress addressfull adresse',
  ],
  [
    keyBank,
    'accountnumber bankaccount acctnumber accountno acctno iban bankaccountnumber kontonummer checkingaccount ' +
      'savingsaccount accountnum acctnum bankacct currentaccount giroaccount',
  ],
  [keyImei, 'imei imeisv'],
  [keyIccid, 'iccid simserial simnumber'],
  [keyAba, 'aba routing routingnumber routingno rtn abanumber'],
  [keySortCode, 'sortcode'],
  [keyPath, 'urlpath httptarget httproute route uripath requestpath urlfull httpurl uri'],
  [keyMessageId, 'messageid msgid inreplyto references'],
  [
    keyPin,
    'pin otp totp mfa passcode verificationcode otpcode pincode confirmationcode securitycode ' +
      'activationcode authenticationcode logincode smscode mfacode 2facode 2fa twofactorcode onetimecode onetimepassword onetimepasscode ' +
      'onetimepin accesscode unlockcode resetcode backupcode recoverycode signincode',
  ],
  [
    keyMac,
    'mac macaddress macaddr hwaddr hwaddress hardwareaddress bssid chaddr callingstationid physicaladdress ethaddr bdaddr lladdr btaddr',
  ],
  [keyCommand, 'commandline cmdline'],
  [keyWallet, 'wallet btc bitcoin eth ethereum crypto'],
]

/** More that identifiers are named after, and nothing else that is looked for: `keyExempt`. */
const idWords =
  'ref reference request req task case incident cursor generation release row blk session conversation asset product lot pallet slot warehouse ' +
  'booking reservation subscription contract trip ride vehicle recipe playlist album photo video tweet channel guild chat group page article ' +
  'campaign pixel seat route po ponumber caseno policyno orderno lotno uid txid ' +
  'queue cache table pool counter feed strategy layout buffer height depth rate drift window mapping parser bundle gesture stack frame ' +
  'proxy stream topic replica cluster socket packet bit metric gauge histogram timer timeout interval ttl age position percent width ' +
  'capacity usage quota threshold delta average mean median heap uptime throughput bandwidth'

const nationalIdWords: Readonly<Record<(typeof nationalIdNames)[number], string>> = {
  uk_nino: 'nino ni nationalinsurance ninumber insurancenumber insuranceno',
  uk_nhs: 'nhs nhsnumber nhsno',
  ca_sin: 'sin socialinsurance nas sinnumber',
  in_aadhaar: 'aadhaar aadhar uidai adhaar',
  in_pan: 'pan pancard panno pannumber permanentaccount incometax',
  de_steuer_id:
    'steuerid steuerliche identifikationsnr steuernummer steueridentifikationsnummer idnr steueridnr steuer identifikationsnummer taxid steueridentnummer',
  br_cpf: 'cpf cadastropessoa',
  br_cnpj: 'cnpj',
  // Letters with accents part words: s-curit- sociale.
  fr_nir: 'nir insee securitesociale curitsociale numerosecu secu',
  es_dni: 'dni nif documento',
  es_nie: 'nie nif extranjero',
  it_codice_fiscale: 'codicefiscale codice fiscale cf',
  pl_pesel: 'pesel',
  nl_bsn: 'bsn burgerservicenummer sofinummer sofi',
  se_personnummer: 'personnummer personnr pnr samordningsnummer personalnumber personalidentity personalidentitynumber',
  fi_hetu: 'hetu henkilotunnus personaltunnus',
  au_tfn: 'tfn taxfile taxfilenumber',
  au_medicare: 'medicare',
  sg_nric: 'nric fin',
  za_id: 'idnumber saidnumber southafricanid rsaid identitynumber said',
  kr_rrn: 'rrn residentregistration jumin',
  tr_tckn: 'tckn tckimlik kimlik tcno tc',
  cn_id: 'shenfenzheng residentid idcard identitycard sfz',
}
const certainIdWords =
  'nino nationalinsurance nhs nhsnumber socialinsurance aadhaar aadhar pancard pannumber permanentaccount steuerid ' +
  'steueridentifikationsnummer steuernummer cpf cnpj pesel bsn burgerservicenummer personnummer codicefiscale nric hetu ' +
  'tckn rrn uidai'
const anyNationalIdWords =
  'nationalid nationalidentifier nationalidnumber personalid identitynumber taxnumber taxid taxidentification ssn'

interface WordMeaning {
  flags: number
  nationalIds: number
}

const meanings = /* @__PURE__ */ buildMeanings()

function buildMeanings(): Map<string, WordMeaning> {
  const map = new Map<string, WordMeaning>()
  const meaning = (word: string) => {
    let found = map.get(word)
    if (found === undefined) map.set(word, (found = { flags: 0, nationalIds: 0 }))
    return found
  }
  for (const [flag, words] of wordLists) for (const word of words.split(' ')) meaning(word).flags |= flag
  // `orders: [4263982640269299]`
  for (const word of `${wordLists[0]![1]} ${idWords}`.split(' ')) {
    meaning(word).flags |= keyExempt
    if (!word.endsWith('s')) meaning(`${word}s`).flags |= keyExempt
  }
  nationalIdNames.forEach((name, i) => {
    for (const word of nationalIdWords[name].split(' ')) meaning(word).nationalIds |= 1 << i
  })
  for (const word of certainIdWords.split(' ')) meaning(word).nationalIds |= certainId
  for (const word of anyNationalIdWords.split(' ')) meaning(word).nationalIds |= allNationalIds
  return map
}

/** Last words of a name that make its value a secret, alone or joined with the word before. */
const secretWords = new Set(
  (
    'password passwd pwd passwort kennwort contrasena motdepasse senha wachtwoord haslo heslo jelszo losenord salasana sifre adgangskode ' +
    'passphrase secret secrets token apikey accesskey secretkey privatekey ' +
    'encryptionkey signingkey masterkey accountkey sharedkey sharedaccesskey storagekey sshkey authkey authtoken credential ' +
    'credentials clientsecret connectionstring connstring connstr dsn jwt bearer sessiontoken csrftoken xsrftoken csrf xsrf ' +
    'accesstoken refreshtoken idtoken sastoken webhooksecret hmackey saltkey cryptkey licensekey subscriptionkey functionkey ' +
    'apitoken apisecret appkey appsecret consumerkey consumersecret sharedsecret userpassword dbpassword mysqlpwd dbpass ' +
    'userpass ftppass smtppass mysqlpass pgpassword redispass adminpass rootpass awssecret bottoken deploykey servicekey ' +
    'encryptedpassword creds cred crumb astracs senord ifre parola parool passe clave dockerconfigjson dockercfg privatelines seedphrase mnemonic xapikey oauthtoken personalaccesstoken securitytoken amzsecuritytoken ' +
    'sonarlogin dsonarlogin functionskey artapi honeycombteam hubsignature slacksignature webhooksignature presharedkey unsealkey proxypassword keypassword keystorepassword truststorepassword pass psk pw'
  ).split(' '),
)
/** Long enough to be a secret's name at the end of a word written together, as `dbpassword`. */
const secretEndings = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'secretkey',
  'accesskey',
  'privatekey',
]
/** Last words that do not change what the words before them mean. */
const neutralEndings = new Set(
  'value text plain plaintext base64 b64 raw old new confirm confirmation hash hashed encrypted data string str'.split(
    ' ',
  ),
)
/** Parameters of URLs that grant access. */
const queryWords = new Set(
  'sig signature code key authcode xamzsignature xgoogsignature amzsignature googsignature policy authkey session sessionid sid jsessionid phpsessid hmac ticket assertion samlresponse samlrequest state sso verifier'.split(
    ' ',
  ),
)
/** A whole name that stands for a pagination cursor or a count, although it ends like a secret. */
const harmlessNames =
  /(^|[._-])(next|page|continuation|cursor|sync|resume|pagination|eos|eof|bos|pad|stop|unk|first|last)[._-]?(page)?[._-]?token$|tokentype$|(^|[._-])(public|primary|foreign|partition|sort|routing|cache|idempotency|row|shard|group|object|map|feature|message|record|composite|unique|natural)[._-]?key$|publickeytoken$|jsonwebtoken$|^aws[._-]?access[._-]?key[._-]?id$/i

const wordsOfNames = new Map<string, readonly string[]>()

/** The same from memory: for names, the same few of which come again and again. */
export function wordsOfName(name: string): readonly string[] {
  let words = wordsOfNames.get(name)
  if (words === undefined) {
    words = nameWords(name)
    if (wordsOfNames.size >= tableEntriesMax) wordsOfNames.clear()
    wordsOfNames.set(name, words)
  }
  return words
}

/** Splits a name into lower-case words: at anything that is no letter or digit, and where camelCase turns. */
export function nameWords(name: string): string[] {
  return name
    .replace(/IDs(?![a-z])/g, 'Ids')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(word => word !== '')
}

/** `pin.go:1974` is a line of code. */
const sourceFile = /\.(?:go|py|rb|[cm]?[jt]sx?|java|kt|cs|rs|cc|cpp|php|exs?|scala|swift)$/

/** What a name says: an attribute's key, a JSON member, a parameter. */
export function describeKey(name: string): KeyInfo {
  if (sourceFile.test(name)) return noKey
  const words = nameWords(name)
  const info = describeWords(words)
  const head = describeHead(words)
  let flags = ((info.flags & ~headFlags) | (head.flags & headFlags)) & ~keyPhoneVerbs(words)
  if (describesKind(words)) flags &= ~personalFlags
  flags |= secretFlags(words, name) | headerFlags(words)
  // `IMMacNotificationCenter`, `TableCell`: parts of a name that say nothing of what it holds.
  if ((flags & keyMac) !== 0 && (describeWords(words.slice(-2)).flags & keyMac) === 0) flags &= ~keyMac
  if (
    words.length > 1 &&
    words.at(-1) === 'cell' &&
    !personSubjects.has(words.at(-2)!) &&
    !/^(my|your|work|phone)$/.test(words.at(-2)!)
  )
    flags &= ~keyPhone
  // `created_at`, `cursorid`, `run=17`; in a sentence `run` is a verb.
  if (
    words.at(-1) === 'run' ||
    /^[a-z]{3,}(?<!pa|al|ro|gr)id$/.test(words.at(-1) ?? '') ||
    (words.length > 1 && words.at(-1) === 'at')
  )
    flags |= keyExempt
  // `order.note`, `transaction.description`: people write there what they like.
  if (words.length > 1 && freeTextWords.has(words.at(-1)!)) flags &= ~keyExempt
  // `user.id`, `card_id`: an identifier whatever else it names, unless the id itself is personal.
  if ((flags & keyExempt) !== 0 && words.at(-1)! !== 'id' && (flags & strongContext) !== 0) flags &= ~keyExempt
  // `awsAccountNumber` is no bank's.
  if (/^(?:aws|gcp|azure|cloud|billing)$/.test(words[0] ?? '')) flags &= ~keyBank
  if (words.at(-1) === 'pin' && pinsOfParts.test(words.at(-2) ?? '')) flags &= ~keyPin
  if (words.at(-1) === 'id') flags &= ~(keyBirth | keyPin | keyExpiry | keyCvv | keyBank)
  // `fullnameOverride`, `fullNamePath`: what is spoken of is the last word.
  const isThing = namesThing(words)
  if ((flags & keyPerson) !== 0 && (isThing || !endsInPerson(words))) flags &= ~keyPerson
  if (!isThing && words.at(-1) === 'name' && personSubjects.has(words.at(-2) ?? '')) flags |= keyPerson
  if (/^(address|addr)[12]?$/.test(words.at(-1) ?? '')) {
    const subject = words.at(-2) ?? ''
    if (addressSubjects.has(subject)) flags |= keyClientAddress
    else if (homeSubjects.has(subject)) flags |= keyAddress
  }
  return { flags, nationalIds: describesKind(words) ? 0 : head.nationalIds }
}

/** What has pins to solder. */
export const pinsOfParts =
  /^(?:gpio|led|io|reset|clock|data|irq|input|output|analog|digital|connector|header|pwm|adc|chip|cs|tx|rx|sda|scl)$/i

/** Last words of names that leave the word before them what it is: `phone_number`, `ssnValue`, `card_no_2`. */
const qualifiers = new Set(
  (
    'number numbers no nos num nums nr nbr id ids value values code codes digits raw formatted e164 international national local primary ' +
    'secondary home work office private business mobile cell phone phones main alt alternate other emergency day daytime evening night ' +
    'input old new current previous original masked encrypted full last first line lines list string str text data info detail details ' +
    'date of at on is was for from to and or the my your his her holder child wife husband partner plain plaintext base64 b64 confirm ' +
    'confirmation hash hashed tokenized email street city zip name'
  ).split(' '),
)

/** What the last word of a name says that is no qualifier, joined with those beside it: `passport_strategy` holds no passport. */
function describeHead(words: readonly string[]): KeyInfo {
  let head = words.length - 1
  while (head > 0 && (qualifiers.has(words[head]!) || personSubjects.has(words[head]!) || /^\d+$/.test(words[head]!)))
    head--
  return describeWords(words, head)
}

/** Whose full name is no person's: `serviceFullName`. */
const things =
  /^(?:service|repo|repository|class|method|type|project|package|module|app|table|column|file|db|database|resource|function|test|namespace|branch|image|org|organization|company|product|model|group|team|channel|unit|country|field|property|entity|workflow|job|stage|chart)$/

const namesThing = (words: readonly string[]) =>
  words.at(-1) === 'name' && /^(?:full|display)$/.test(words.at(-2) ?? '') && things.test(words.at(-3) ?? '')

/** Whether the last words of a name, those aside that only qualify them, stand for a person. */
function endsInPerson(words: readonly string[]): boolean {
  let count = words.length
  while (count > 1 && (neutralEndings.has(words[count - 1]!) || nameQualifiers.test(words[count - 1]!))) count--
  return (describeWords(words.slice(0, count), count - 1).flags & keyPerson) !== 0
}

const nameQualifiers =
  /^(?:\d+|kana|kanji|latin|local|native|english|en|ja|ko|zh|ru|ascii|upper|lower|initial|initials|orig|original|current|previous|former|birth)$/

/** Last words of names of texts, whatever thing the texts are about. */
const freeTextWords = new Set(
  'note notes comment comments description message msg text body content input output query prompt details remark remarks reason feedback memo summary contact recipient customer'.split(
    ' ',
  ),
)

const strongContext =
  keyPhone | keySsn | keyCard | keyBirth | keyPassport | keyLicence | keyBank | keyImei | keyAba | keyCvv
/** What only the head of a name says. */
const headFlags = strongContext | keyExpiry | keyIccid | keySortCode | keyPin | keyMac | keyAddress
export const personalFlags =
  strongContext | keyPerson | keyExpiry | keyAddress | keyIccid | keySortCode | keyPin | keyClientAddress

/** Last words of names that speak about the thing and do not hold it: `card_type`, `phone.model`, `email_verified`. */
const kindWords = new Set(
  (
    'type types model method mode length size format status state enabled disabled required valid validated verified policy ' +
    'template brand network country region issuer scheme provider kind category label field column schema present exists ' +
    'supported limit max min attempts retries timeout ttl os make manufacturer carrier role roles scope scopes strategy ' +
    'support count counter tokens app apps build platform browser layout view page variable placeholder prompt hint title ' +
    'selector regex pattern validator error errors message rule rules'
  ).split(' '),
)
export const describesKind = (words: readonly string[]) => words.length > 1 && kindWords.has(words.at(-1)!)

const authorizationWords = new Set(['authorization', 'auth', 'authheader', 'authentication'])
const cookieWords = new Set(['cookie', 'cookies', 'setcookie'])

/** Authorization and cookies: by the last word only, for `auth.method` and `cookie_consent` hold none. */
function headerFlags(words: readonly string[]): number {
  let count = words.length
  while (count > 1 && /^(\d+|value|header|headers)$/.test(words[count - 1]!)) count--
  const last = words[count - 1] ?? ''
  return (authorizationWords.has(last) ? keyAuthorization : 0) | (cookieWords.has(last) ? keyCookie : 0)
}
export const personSubjects = new Set(
  'user customer patient employee person holder owner client recipient sender author contact guest member passenger student buyer seller enduser billing shipping delivery applicant beneficiary spouse parent driver attendee subscriber physician doctor signer emergency tenant borrower insured policyholder traveler traveller donor voter witness full first last given family middle maiden display legal real nick'.split(
    ' ',
  ),
)
/** Whose address is where somebody lives, and no place in a network. */
const homeSubjects = new Set(
  (
    'customer user home billing shipping mailing delivery postal street residential residence patient employee person owner ' +
    'holder recipient member guest passenger buyer seller student applicant permanent current invoice payment personal ' +
    'physical legal resident tenant beneficiary contact mail'
  ).split(' '),
)
const addressSubjects = new Set(['client', 'source', 'peer', 'remote'])

/** In a name `call`, `text`, `contact` say nothing of a phone; in prose before a number they do. */
export function keyPhoneVerbs(words: readonly string[]): number {
  return words.some(word =>
    /^(phones?|telephone|tel|mobile?|cell|cellphone|fax|msisdn|phonenumber|mobilenumber|whatsapp|tele(fono?|fone|foon)(nummer|nr)?|celular|cell?ulare|movil|handy(nummer|nr)|mobilnummer|tlf|telf|gsm)$/.test(
      word,
    ),
  )
    ? 0
    : keyPhone
}

/** Case that turns as no name's does. */
const mixedCase = /[a-z][A-Z].*[a-z][A-Z].*[a-z][A-Z]/

function secretFlags(words: readonly string[], name: string): number {
  let count = words.length
  while (count > 1 && (neutralEndings.has(words[count - 1]!) || /^\d+$/.test(words[count - 1]!))) count--
  // `password2`
  const last = words[count - 1]?.replace(/(?<=[a-z]{4})\d+$/, '')
  if (last === undefined || harmlessNames.test(name)) return 0
  // The end of a random id may look like a short word: `thread_8DNFg1cFitDksC9ultUEdoPw`.
  if (last.length <= 4 && /[A-Za-z0-9]{12,}$/.test(name) && /\d[A-Za-z]{0,12}$/.test(name)) return 0
  if (last === 'pw' && !/(?:^|[_.-])pw\d*$/i.test(name) && !/^[a-z]{2,12}P[wW]$/.test(name)) return 0
  if (last.length <= 4 && name.length >= 16 && (looksRandom(name) || mixedCase.test(name))) return 0
  const joined = count > 1 ? words[count - 2]! + last : last
  if (/^(aws)?(secretaccesskey|secretkey)$/.test(words.slice(0, count).join(''))) return keySecret | keyAwsSecret
  if (joined === 'accesskey' && count > 1 && words[count - 3] === 'secret') return keySecret | keyAwsSecret
  if (secretWords.has(last) || secretWords.has(joined)) return keySecret
  if (last === 'pat' && count > 1 && (words[count - 2] === 'ado' || vendorNames.has(words[count - 2]!)))
    return keySecret
  if (last === 'key' && count > 1 && vendorNames.has(words[count - 2]!)) return keySecret
  if (last.length > 5 && last.endsWith('key') && vendorNames.has(last.slice(0, -3))) return keySecret
  if (secretEndings.some(ending => last.endsWith(ending))) return keySecret
  // `issuerKeyHash` is no key.
  if (words.at(-1) === 'hash') return 0
  return queryWords.has(last) || queryWords.has(joined) || queryWords.has(words.join('')) ? keyQueryCode : 0
}

/** What the words say, each alone and joined with the one or two before it; of a name's end those from `first` on. */
export function describeWords(words: readonly string[], first = 0): KeyInfo {
  let flags = 0
  let nationalIds = 0
  for (let i = first; i < words.length; i++) {
    let joined = ''
    for (let k = i; k >= 0 && k > i - 3; k--) {
      joined = words[k] + joined
      const meaning = meanings.get(joined)
      if (meaning === undefined) continue
      flags |= meaning.flags
      nationalIds |= meaning.nationalIds
    }
  }
  return { flags, nationalIds }
}

/** Every word that may end a name of interest, for the quick look before the full one; `+` marks those that never stand alone. */
export function nameEndings(): string[] {
  const words = [...secretWords, ...queryWords, ...secretEndings, ...authorizationWords, ...cookieWords].filter(
    word => word.length > 1,
  )
  for (const [, list] of wordLists) words.push(...list.split(' '))
  for (const list of Object.values(nationalIdWords)) words.push(...list.split(' '))
  return [
    ...words,
    'name',
    'address',
    'string',
    'str',
    'no',
    'pat',
    'basic',
    'negotiate',
    'ntlm',
    '+header',
    '+headers',
    ...[...neutralEndings].map(word => `+${word}`),
  ]
}

const tableEntriesMax = 8192

/** Remembers what names say; bounded, because names may come from anyone. */
export class KeyTable {
  readonly #byName = new Map<string, KeyInfo>()
  readonly #describe: (name: string) => KeyInfo

  constructor(describe: (name: string) => KeyInfo = describeKey) {
    this.#describe = describe
  }

  get(name: string): KeyInfo {
    let info = this.#byName.get(name)
    if (info === undefined) {
      info = this.#describe(name)
      if (this.#byName.size >= tableEntriesMax) this.#byName.clear()
      this.#byName.set(name, info)
    }
    return info
  }
}
