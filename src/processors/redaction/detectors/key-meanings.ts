import {
  certainId,
  type KeyInfo,
  keyAba,
  keyAddress,
  keyBank,
  keyBirth,
  keyCard,
  keyClientAddress,
  keyCommand,
  keyCvv,
  keyExempt,
  keyExpiry,
  keyIccid,
  keyImei,
  keyLicence,
  keyMac,
  keyMessageId,
  keyPassport,
  keyPath,
  keyPerson,
  keyPhone,
  keyPin,
  keyServerAddress,
  keySortCode,
  keySsn,
  keyVersion,
  keyWallet,
  nationalIdNames,
} from './key-flags.ts'

const allNationalIds = (1 << nationalIdNames.length) - 1

/** Words, or two words joined, by what they say. */
export const wordLists: readonly (readonly [flag: number, words: string])[] = [
  [
    keyExempt,
    'id ids uuid guid trace span traceid spanid parentid traceparent tracestate correlation timestamp time ts date datetime version ' +
      'commit sha sha1 sha256 sha512 md5 digest hash checksum crc etag revision build ns ms us nanos millis micros seconds ' +
      'unixnano duration latency elapsed offset size length count bytes port pid tid lat lon lng latitude longitude ' +
      'coordinates price amount total subtotal sequence seq index partition order invoice sku snowflake epoch nonce ' +
      'cachekey publickeytoken partitionkey idempotencykey routingkey primarykey sortkey dedupkey shardkey objectkey messagekey ' +
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

export const nationalIdWords: Readonly<Record<(typeof nationalIdNames)[number], string>> = {
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
/** Last words that do not change what the words before them mean. */
export const neutralEndings = new Set(
  'value text plain plaintext base64 b64 raw old new confirm confirmation hash hashed encrypted data string str'.split(
    ' ',
  ),
)

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
