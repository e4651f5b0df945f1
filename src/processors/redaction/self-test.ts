import { catalog } from './detectors/catalog.ts'
import { describeKey } from './detectors/describe-key.ts'
import type { Detector } from './detectors/detect.ts'
import { noKey } from './detectors/key-flags.ts'
import type { Policy } from './policy.ts'

/** Made-up examples by detector, with the key that they need. None of them belongs to anyone. */
const samples: Readonly<Record<string, readonly [text: string, key?: string]>> = {
  email: ['write to jane.roe@example.org today'],
  card: ['paid with 4929 3813 3266 4295'],
  iban: ['to DE89 3704 0044 0532 0130 00 please'],
  us_ssn: ['number 536-22-8726 on file'],
  phone: ['call +14155552671 now'],
  ipv4: ['from 203.0.113.77 again', 'client.address'],
  ipv6: ['from 2001:db8:85a3::8a2e:370:7334 again'],
  mac: ['device 3c:22:fb:1a:2b:3c seen'],
  jwt: ['eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk'],
  authorization: ['Authorization: Bearer 8f3kd93jf93kdkf93kdf'],
  aws_access_key: ['AKIAQYLPMN5HHHFPZAM2'],
  github_token: ['ghp_16C7e42F292c6912E7710c838347Ae178B4a'],
  slack_token: ['xoxb-2345678901-3456789012-AbCdEfGhIjKlMnOpQrStUvWx'],
  stripe_key: [`sk_${'live'}_4eC39HqLyjWDarjtT1zdp7dc`],
  secret: ['password=kX9#mP2vL8'],
  private_key: ['-----BEGIN PRIVATE KEY-----\nMIIEvQ==\n-----END PRIVATE KEY-----'],
  url_credentials: ['postgres://app:s3cr3tpw@db:5432/x'],
  signed_url: ['https://x.test/o?X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024'],
  cookie: ['sid=4f9a1b2c3d', 'http.request.header.cookie'],
  user_path: ['open /home/janeroe/notes.txt failed'],
  person: ['Jane Roe', 'user.full_name'],
  br_cpf: ['529.982.247-25'],
  in_aadhaar: ['2341 2341 2346'],
  uk_nino: ['AB 12 34 56 C'],
}

/** Tries every enabled detector that has an example; throws with the names of those that miss theirs. */
export function selfTest(detector: Detector, policy: Policy): void {
  const failed: string[] = []
  for (const [name, [text, key = '']] of Object.entries(samples)) {
    const id = catalog.findIndex(entry => entry.name === name)
    if (policy.detection.enabled[id] !== 1) continue
    if (name === 'ipv4' && !policy.detection.addressClasses.has('documentation')) continue
    if (name === 'ipv6' && !policy.detection.addressClasses.has('documentation')) continue
    const bytes = Buffer.from(text)
    const { findings } = detector.detect(bytes, 0, bytes.length, key === '' ? noKey : describeKey(key), key)
    if (!findings.detectors.subarray(0, findings.count).includes(id)) failed.push(name)
  }
  if (failed.length > 0) throw new Error(`self-test failed: ${failed.join(', ')}`)
}
