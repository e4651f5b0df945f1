import { crc32 } from 'node:zlib'
import { SeededRandom } from './seeded-random.ts'
/** One seed for all: a run repeats exactly. */
export const r = new SeededRandom(Number(process.env['SEED'] ?? 5))
const pick = (s: string) => s[r.below(s.length)]!
export const str = (n: number, a: string) => Array.from({ length: n }, () => pick(a)).join('')
export const D = '0123456789',
  L = 'abcdefghijklmnopqrstuvwxyz',
  U = L.toUpperCase(),
  W = D + L + U,
  H = '0123456789abcdef',
  B = `${W}-_`
const luhnFix = (s: string) => {
  let sum = 0
  const d = `${s}0`.split('').map(Number)
  for (let i = 0; i < d.length; i++) {
    let x = d[d.length - 1 - i]!
    if (i % 2) {
      x *= 2
      if (x > 9) x -= 9
    }
    sum += x
  }
  return s + ((10 - (sum % 10)) % 10)
}
const grp = (s: string, g: number[], sep: string) => {
  const o: string[] = []
  let i = 0
  for (const n of g) {
    o.push(s.slice(i, i + n))
    i += n
  }
  return o.join(sep)
}
const iban = (cc: string, bban: string) => {
  const t = `${bban + cc}00`
  let rem = 0
  for (const c of t) {
    const v = parseInt(c, 36)
    rem = (rem * (v > 9 ? 100 : 10) + v) % 97
  }
  return cc + String(98 - rem).padStart(2, '0') + bban
}
const first = [
  'alice',
  'bob',
  'maria',
  'john.smith',
  'j_doe',
  'o-neil',
  'x',
  'li.wei',
  'anna.k',
  'user123',
  'Peter',
  'first.last',
]
const dom = [
  'example.com',
  'gmail.com',
  'sub.example.co.uk',
  'mail.acme-corp.io',
  'uni-bonn.de',
  'yahoo.co.jp',
  'foo.museum',
  'proton.me',
  't-online.de',
  'a.b.c.example.org',
]
const area = () => {
  for (;;) {
    const a = 1 + r.below(899)
    if (a !== 666) return String(a).padStart(3, '0')
  }
}
const ssn = () => `${area()}-${String(1 + r.below(99)).padStart(2, '0')}-${String(1 + r.below(9999)).padStart(4, '0')}`
const nanp = () => `${2 + r.below(8)}${str(1, '023456789')}${str(1, D)}`
const nx = () => `${2 + r.below(8)}${str(1, '023456789')}${str(1, D)}`
const b64u = (o: unknown) => Buffer.from(JSON.stringify(o)).toString('base64url')
const ip = () => {
  for (;;) {
    const a = 20 + r.below(190),
      b = 1 + r.below(254)
    if (
      a === 127 ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      a === 100 ||
      (a === 198 && (b === 18 || b === 19)) ||
      (a === 192 && b === 0)
    )
      continue
    return `${a}.${b}.${r.below(255)}.${1 + r.below(254)}`
  }
}
const pwd = () => str(1, U) + str(4, L) + str(3, D) + str(1, '!#$*-_.') + str(3, W)
/** Made-up personal data and secrets by kind; none of it belongs to anyone. */
export const gens: Record<string, () => string> = {
  email: () => `${r.pick(first) + (r.chance(0.3) ? r.below(99) : '') + (r.chance(0.15) ? '+tag' : '')}@${r.pick(dom)}`,
  visa: () => luhnFix(`4${str(14, D)}`),
  mc: () => luhnFix(`5${str(1, '12345')}${str(13, D)}`),
  amex: () => luhnFix(`37${str(12, D)}`),
  disc: () => luhnFix(`6011${str(11, D)}`),
  mc2: () => luhnFix(`23${str(13, D)}`),
  jcb: () => luhnFix(`3528${str(11, D)}`),
  diners: () => luhnFix(`36${str(11, D)}`),
  'visa sp': () => grp(luhnFix(`4${str(14, D)}`), [4, 4, 4, 4], ' '),
  'visa da': () => grp(luhnFix(`4${str(14, D)}`), [4, 4, 4, 4], '-'),
  'amex sp': () => grp(luhnFix(`34${str(12, D)}`), [4, 6, 5], r.pick([' ', '-'])),
  'iban de': () => iban('DE', str(18, D)),
  'iban gb': () => iban('GB', str(4, U) + str(14, D)),
  'iban fr': () => iban('FR', str(10, D) + str(11, D + U) + str(2, D)),
  'iban nl': () => iban('NL', str(4, U) + str(10, D)),
  'iban sp': () => iban('DE', str(18, D)).replace(/(.{4})(?=.)/g, '$1 '),
  'iban gb sp': () => iban('GB', str(4, U) + str(14, D)).replace(/(.{4})(?=.)/g, '$1 '),
  'iban no': () => iban('NO', str(11, D)),
  ssn,
  'phone e164': () => `+1${nanp()}${nx()}${str(4, D)}`,
  'phone us': () => `+1 (${nanp()}) ${nx()}-${str(4, D)}`,
  'phone us2': () => `+1-${nanp()}-${nx()}-${str(4, D)}`,
  'phone us3': () => `+1 ${nanp()} ${nx()} ${str(4, D)}`,
  'phone gb': () => `+44 20 7${str(3, D)} ${str(4, D)}`,
  'phone gb2': () => `+447${str(9, D)}`,
  'phone de': () => `+49 30 ${str(6, D)}`,
  'phone de2': () => `+4915${str(1, '1257')}${str(8, D)}`,
  'phone fr': () => `+33 6 ${str(2, D)} ${str(2, D)} ${str(2, D)} ${str(2, D)}`,
  'phone in': () => `+91 9${str(4, D)} ${str(5, D)}`,
  'phone par': () => `(${nanp()}) ${nx()}-${str(4, D)}`,
  ipv4: ip,
  ipv6: () => `2a0${str(1, '0123456789')}:${str(4, H)}:${str(3, '123456789abcdef')}::${str(4, '123456789abcdef')}`,
  'ipv6 full': () => `2001:${Array.from({ length: 7 }, () => str(4, '123456789abcdef')).join(':')}`,
  mac: () => Array.from({ length: 6 }, () => str(2, H)).join(':'),
  'mac da': () => Array.from({ length: 6 }, () => str(2, H).toUpperCase()).join('-'),
  jwt: () =>
    `${b64u({ alg: r.pick(['HS256', 'RS256', 'ES256']), typ: 'JWT' })}.${b64u({ sub: str(8, D), name: `x${str(5, L)}`, iat: 1700000000 + r.below(1e7) })}.${str(43, `${B.replace('-', '')}`)}`,
  bearer: () => `Authorization: Bearer ${str(32, W)}`,
  basic: () => `Authorization: Basic ${Buffer.from(`${str(6, L)}:${pwd()}`).toString('base64')}`,
  'bearer bare': () => `Bearer ${str(40, W)}`,
  aws: () => `AKIA${str(16, `${U}234567`)}`,
  gcp: () => `AIza${str(35, B)}`,
  ghp: () => {
    const b = str(30, W)
    const t = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
    let v = crc32(b),
      s = ''
    for (let i = 0; i < 6; i++) {
      s = t[v % 62] + s
      v = Math.floor(v / 62)
    }
    return `ghp_${b}${s}`
  },
  ghpat: () => `github_pat_${str(22, W)}_${str(59, W)}`,
  glpat: () => `glpat-${str(20, W)}`,
  slack: () => `xoxb-${str(12, D)}-${str(12, D)}-${str(24, W)}`,
  hooks: () => `https://hooks.slack.com/services/T${str(8, U + D)}/B${str(8, U + D)}/${str(24, W)}`,
  stripe: () => `sk_live_${str(24, W)}`,
  stripe2: () => `rk_test_${str(99, W)}`,
  openai: () => `sk-${str(20, W)}T3BlbkFJ${str(20, W)}`,
  openaip: () => `sk-proj-${str(74, B)}T3BlbkFJ${str(74, W)}`,
  ant: () => `sk-ant-api03-${str(93, B)}AA`,
  hf: () => `hf_${str(34, L + U)}`,
  npm: () => `npm_${str(36, W)}`,
  pypi: () => `pypi-AgEIcHlwaS5vcmc${str(60, B)}`,
  sg: () => `SG.${str(22, W)}.${str(43, W)}`,
  vault: () => `hvs.${str(90, W)}`,
  shopify: () => `shpat_${str(32, H)}`,
  dop: () => `dop_v1_${str(64, H)}`,
  databricks: () => `dapi${str(32, H)}`,
  notion: () => `ntn_${str(46, W)}`,
  linear: () => `lin_api_${str(40, W)}`,
  pmak: () => `PMAK-${str(24, H)}-${str(34, H)}`,
  glsa: () => `glsa_${str(32, W)}_${str(8, H)}`,
  atl: () => `ATATT3xFfGF0${str(180, B)}=${str(8, `${D}ABCDEF`)}`,
  doppler: () => `dp.pt.${str(43, W)}`,
  telegram: () => `${str(9, '123456789')}:AA${str(33, B)}`,
  azure: () => `${str(3, W)}8Q~${str(34, `${W}_~.-`)}`,
  groq: () => `gsk_${str(52, W)}`,
  pplx: () => `pplx-${str(48, W)}`,
  mailgun: () => `key-${str(32, H)}`,
  figma: () => `figd_${str(40, B)}`,
  age: () => `AGE-SECRET-KEY-1${str(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}`,
  twilio: () => `twilio_api_key=SK${str(32, H)}`,
  sentry: () => `sntrys_${str(60, W)}_${str(43, W)}`,
  whsec: () => `whsec_${str(32, W)}`,
  planets: () => `pscale_tkn_${str(43, W)}`,
  newrelic: () => `NRAK-${str(27, U + D)}`,
  pem: () =>
    `-----BEGIN RSA PRIVATE KEY-----\n${str(64, `${W}+/`)}\n${str(64, `${W}+/`)}\n${str(20, W)}==\n-----END RSA PRIVATE KEY-----`,
  openssh: () => `-----BEGIN OPENSSH PRIVATE KEY-----\n${str(70, `${W}+/`)}\n-----END OPENSSH PRIVATE KEY-----`,
  dsn: () => `postgres://app:${pwd().replace(/[#]/g, 'x')}@db.internal:5432/shop`,
  dsn2: () => `mongodb+srv://u:${str(12, W)}@cluster0.abc.mongodb.net/db`,
  redisurl: () => `redis://:${str(16, W)}@cache:6379/0`,
  https: () => `https://bob:${str(10, W)}@git.example.com/x.git`,
  adodsn: () => `Server=db;Database=x;User Id=sa;Password=${str(10, W)}9;Encrypt=true`,
  godsn: () => `root:${str(9, W)}@tcp(127.0.0.1:3306)/db`,
  signed: () => `https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=${str(64, H)}`,
  sas: () => `https://acc.blob.core.windows.net/c/b?sv=2022-11-02&sig=${str(43, W)}%3D`,
  acctok: () => `https://api.example.com/me?access_token=${str(40, W)}`,
  cookie: () => `Cookie: sid=${str(26, W)}; theme=dark`,
  setcookie: () => `Set-Cookie: session=${str(32, W)}; Path=/; HttpOnly`,
  pw: () => `password=${pwd()}`,
  pwjson: () => `"password":"${pwd()}"`,
  pwcolon: () => `password: ${pwd()}`,
  apikey: () => `api_key=${str(32, W)}`,
  apikey2: () => `"apiKey": "${str(32, H)}"`,
  secret: () => `client_secret=${str(40, B)}`,
  envs: () => `DB_PASSWORD=${pwd()}`,
  token: () => `token=${str(40, W)}`,
  awssecret: () => `aws_secret_access_key=${str(40, `${W}/+`)}`,
  xapi: () => `x-api-key: ${str(32, W)}`,
  cli: () => `mysql -u root --password=${pwd()}`,
  path: () => `/home/${r.pick(['alice', 'bob.smith', 'jdoe'])}/project/x.py`,
  mpath: () => `/Users/${r.pick(['alice', 'bobsmith', 'jdoe'])}/Library/x`,
  wpath: () => `C:\\Users\\${r.pick(['alice', 'bob', 'jdoe'])}\\AppData\\x`,
  nino: () => `${r.pick(['AB', 'CE', 'JK', 'PW'])} ${str(2, D)} ${str(2, D)} ${str(2, D)} ${str(1, 'ABCD')}`,
  cpf: () => {
    const d = str(9, D).split('').map(Number)
    const c = (n: number) => {
      let s = 0
      for (let i = 0; i < n; i++) s += d[i]! * (n + 1 - i)
      return ((s * 10) % 11) % 10
    }
    d.push(c(9))
    d.push(c(10))
    const t = d.join('')
    return `${t.slice(0, 3)}.${t.slice(3, 6)}.${t.slice(6, 9)}-${t.slice(9)}`
  },
}
/** The part of a value that must not leave, where it is not all of it. */
export const core: Record<string, (v: string) => string> = {
  bearer: v => v.slice(22),
  'bearer bare': v => v.slice(7),
  basic: v => v.slice(21),
  hooks: v => v.slice(-24),
  dsn: v => /:([^:@]+)@/.exec(v)![1]!,
  dsn2: v => /:([^:@/]+)@/.exec(v)![1]!,
  redisurl: v => /:([^:@/]+)@/.exec(v)![1]!,
  https: v => /:([^:@/]+)@/.exec(v)![1]!,
  adodsn: v => /Password=([^;]+)/.exec(v)![1]!,
  godsn: v => /:([^:@]+)@/.exec(v)![1]!,
  signed: v => v.slice(-64),
  sas: v => v.slice(-46, -3),
  acctok: v => v.slice(-40),
  cookie: v => v.slice(12, 38),
  setcookie: v => v.slice(20, 52),
  pw: v => v.slice(9),
  pwjson: v => v.slice(12, -1),
  pwcolon: v => v.slice(10),
  apikey: v => v.slice(8),
  apikey2: v => v.slice(11, -1),
  secret: v => v.slice(14),
  envs: v => v.slice(12),
  token: v => v.slice(6),
  awssecret: v => v.slice(22),
  xapi: v => v.slice(11),
  cli: v => v.slice(25),
  path: v => v.split('/')[2]!,
  mpath: v => v.split('/')[2]!,
  wpath: v => v.split('\\')[2]!,
  twilio: v => v.slice(15),
  pem: v => v.split('\n')[1]!.slice(0, 40),
  openssh: v => v.split('\n')[1]!.slice(0, 40),
}
