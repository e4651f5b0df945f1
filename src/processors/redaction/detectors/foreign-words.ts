/** Words of other scripts before a number, by words of the lists that mean the same. */
const words: Readonly<Record<string, string>> = {
  phone:
    'tél. tél téléphone teléfono телефон тел. мобильный моб. 电话 手机 電話 携帯 手機 전화 휴대폰 연락처 هاتف جوال موبايل טלפון נייד τηλέφωνο κινητό फोन मोबाइल โทร เบอร์ ' +
    'মোবাইল ফোন thoại móvil',
  card: 'карта карты картой 银行卡 卡号 信用卡 カード 카드 بطاقة כרטיס κάρτα कार्ड บัตร',
  bankaccount: '口座 계좌 银行账号',
  passport: 'паспорт 护照 旅券 パスポート 여권 דרכון διαβατήριο पासपोर्ट',
  identitycard: '身份证 身份證',
  rrn: '주민등록번호 주민번호',
}

/** The same in the bytes of UTF-8, each read as one character: what they stand for, longest first. */
const meanings = /* @__PURE__ */ Object.entries(words)
  .flatMap(([meaning, list]) => list.split(' ').map(word => [Buffer.from(word).toString('latin1'), meaning] as const))
  .sort(([a], [b]) => b.length - a.length)

const upperCyrillic = /\xd0([\x90-\xaf])/g
const isForeign = /[\x80-\xff]/

/** `text`, whose characters are bytes of UTF-8, with the words of other scripts that mean something here in English. */
export function translated(text: string): string {
  if (!isForeign.test(text)) return text
  let out = text.replace(upperCyrillic, (_, letter: string) => {
    const code = letter.charCodeAt(0) + 0x20
    return code <= 0xbf ? `\xd0${String.fromCharCode(code)}` : `\xd1${String.fromCharCode(code - 0x40)}`
  })
  for (const [word, meaning] of meanings) if (out.includes(word)) out = out.replaceAll(word, ` ${meaning} `)
  return out
}

/** What passwords are called where other letters than those of ASCII end the word; `_` stands for a space or a sign. */
const secretNames = (
  'пароль пароля парола лозинка секрет токен 密码 密碼 口令 パスワード 暗証番号 비밀번호 암호 contraseña hasło jelszó parolă ' +
  'mật_khẩu κωδικός συνθηματικό סיסמה סיסמא كلمة_المرور كلمة_السر رمز_المرور گذرواژه รหัสผ่าน पासवर्ड পাসওয়ার্ড'
).split(' ')
const isSecretName = new RegExp(`(?:^|[^\\p{L}])(?:${secretNames.join('|').replaceAll('_', '[ _-]')})$`, 'iu')
const secretBytesMax = 48

/** By the last two bytes of a name: most that stands before a sign by chance ends otherwise. */
const secretEnds = /* @__PURE__ */ (() => {
  const table = new Uint8Array(65536)
  for (const name of [...secretNames, ...secretNames.map(one => one.toUpperCase())])
    table[Buffer.from(name).readUInt16BE(Buffer.byteLength(name) - 2)] = 1
  return table
})()

/** Whether a word for a password in another script or with other letters ends before `at`. */
export function endsInForeignSecret(bytes: Uint8Array, start: number, at: number): boolean {
  if (at - start < 3 || secretEnds[(bytes[at - 2]! << 8) | bytes[at - 1]!] === 0) return false
  const from = Math.max(start, at - secretBytesMax)
  return isSecretName.test(Buffer.from(bytes.buffer, bytes.byteOffset + from, at - from).toString('utf8'))
}
