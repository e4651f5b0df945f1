import t from 'tap'
import { basicCredentials } from './url-credentials.ts'

for (const [url, pair] of [
  ['http://user:p%40ss@host', 'user:p@ss'],
  ['http://user:100%@host', 'user:100%'],
  ['http://a%zz:b@host', 'a%zz:b'],
  ['http://token@host', 'token:'],
] as const) {
  t.test(`${url} stands for ${pair}`, async t => {
    t.equal(basicCredentials(new URL(url)), `Basic ${Buffer.from(pair).toString('base64')}`)
  })
}
