/** Words of other scripts before a number, by words of the lists that mean the same. */
const words: Readonly<Record<string, string>> = {
  phone:
    'телефон тел. мобильный моб. 电话 手机 電話 携帯 手機 전화 휴대폰 연락처 هاتف جوال موبايل טלפון נייד τηλέφωνο κινητό फोन मोबाइल โทร เบอร์ ' +
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
