import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { AuthenticatedRequest } from '../../component/authenticator.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { BasicAuthClient } from './basic-auth-client.ts'
import { BasicAuthServer } from './basic-auth-server.ts'
import { basicAuthConfig } from './config.ts'
import { passwordMatches } from './htpasswd.ts'

const requestWith = (authorization: string | undefined): AuthenticatedRequest => ({
  header: name => (name === 'authorization' ? authorization : undefined),
  headers: () => new Map(),
  path: '/',
  query: '',
  remoteAddress: '',
})
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`

/** Made with openssl passwd -apr1, and with sha1 by hand. */
for (const [password, hash] of [
  ['myPassword', '$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/'],
  ['a longer password than sixteen bytes', '$apr1$abcdefgh$5/4EDNVcnSspCAS2/9p2l1'],
  ['', '$apr1$x1$3pYoaQ44IOAuZpLXgkh4A.'],
  ['password', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
  ['testing123', '{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr'],
  ['plain', 'plain'],
] as const) {
  t.test(`the password of ${hash} is known by it`, async t => {
    t.ok(passwordMatches(password, hash))
    t.notOk(passwordMatches(`${password} `, hash))
    t.notOk(passwordMatches(hash, hash) && hash !== password)
  })
}

t.test('who stands in the list comes in, under the name that the batch learns', async t => {
  const folder = t.testdir({ users: 'alice:$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/\nbob:old\n# nobody\n' })
  const yaml = `htpasswd: {file: "${join(folder, 'users')}", inline: "bob:new"}`
  const server = new BasicAuthServer(parseConfig(basicAuthConfig, yaml).htpasswd!)
  await server.start()
  for (let i = 0; i < 2; i++) {
    const outcome = server.authenticate(requestWith(basic('alice:myPassword')))
    t.match(outcome, { kind: 'allowed', attributes: new Map([['username', 'alice']]) })
    t.match(server.authenticate(requestWith(basic('bob:new'))), { kind: 'allowed' })
    for (const header of [
      undefined,
      '',
      basic('bob:old'),
      basic('alice:'),
      basic('eve:x'),
      basic('x'),
      'Basic ?',
      'Bearer a',
    ]) {
      t.match(server.authenticate(requestWith(header)), { kind: 'unauthenticated', challenge: 'Basic' }, String(header))
    }
  }
  await server.shutdown()
})

t.test('a hash that cannot be read is named by its user, not shown', async t => {
  const bcrypt = '$2y$05$abcdefghijklmnopqrstuu'
  const inline = () => parseConfig(basicAuthConfig, `htpasswd: {inline: "a:b\\ncarol:${bcrypt}"}`)
  t.throws(inline, { message: /number 2 \(carol\).*\n?.*htpasswd -m/s })
  const path = join(t.testdir({ users: `carol:${bcrypt}` }), 'users')
  const server = new BasicAuthServer(parseConfig(basicAuthConfig, `htpasswd: {file: "${path}"}`).htpasswd!)
  await t.rejects(server.start(), { message: /number 1 \(carol\)(?!.*\$2y)/ })
})

t.test('exporters introduce themselves, with credentials from files as these change', async t => {
  const folder = t.testdir({ name: 'me\n', password: 'one\n' })
  const path = join(folder, 'password')
  const settings = componentSettings('basicauth')
  const inText = parseConfig(basicAuthConfig, 'client_auth: {username: ü, password: "a:b"}')
  t.same(new BasicAuthClient(inText.clientAuth!, settings).requestHeaders(), ['authorization', basic('ü:a:b')])
  const yaml = `client_auth: {username_file: "${join(folder, 'name')}", password_file: "${path}"}`
  const client = new BasicAuthClient(parseConfig(basicAuthConfig, yaml).clientAuth!, settings)
  await client.start()
  t.same(client.requestHeaders(), ['authorization', basic('me:one')])
  writeFileSync(path, 'two')
  await settings.clock.advance(1_000)
  t.same(client.requestHeaders(), ['authorization', basic('me:two')])
  await client.shutdown()
})

t.test('the settings are for one side', async t => {
  for (const [yaml, message] of [
    ['{}', /"client_auth" is missing, and so is htpasswd/],
    ['{client_auth: {username: a}, htpasswd: {inline: "a:b"}}', /"htpasswd" stands beside client_auth/],
    ['htpasswd: {}', /"htpasswd" names no user/],
  ] as const) {
    t.throws(() => parseConfig(basicAuthConfig, yaml), { message })
  }
})
