import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AuthenticatedRequest } from '../../component/authenticator.ts'
import { parseConfig } from '../../config/parse-config.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { BearerTokenAuth } from './bearer-token-auth.ts'
import { bearerTokenAuthConfig } from './config.ts'

const requestWith = (name: string, value: string | undefined): AuthenticatedRequest => ({
  header: asked => (asked === name ? value : undefined),
  headers: () => new Map(),
  path: '/',
  query: '',
  remoteAddress: '',
})

async function started(t: Test, yaml: string, settings = componentSettings('bearertokenauth')) {
  const extension = new BearerTokenAuth(parseConfig(bearerTokenAuthConfig, yaml), settings)
  await extension.start()
  t.teardown(() => extension.shutdown())
  return extension
}

t.test('requests that go out carry the first token, and callers may use any', async t => {
  for (const { yaml, header, sent, taken, refused } of [
    {
      yaml: 'token: a',
      header: 'authorization',
      sent: 'Bearer a',
      taken: ['Bearer a'],
      refused: ['a', 'bearer a', 'Bearer  a'],
    },
    {
      yaml: 'tokens: [a, b]',
      header: 'authorization',
      sent: 'Bearer a',
      taken: ['Bearer a', 'Bearer b'],
      refused: ['Bearer c'],
    },
    {
      yaml: '{token: a, scheme: "", header: X-Key}',
      header: 'x-key',
      sent: 'a',
      taken: ['a'],
      refused: ['Bearer a', ''],
    },
  ]) {
    const extension = await started(t, yaml)
    t.same(extension.requestHeaders(), [header, sent])
    for (const value of taken) t.match(extension.authenticate(requestWith(header, value)), { kind: 'allowed' }, value)
    for (const value of [...refused, undefined]) {
      t.match(extension.authenticate(requestWith(header, value)), { kind: 'unauthenticated', challenge: /./ })
    }
  }
})

t.test('a file is read again as it changes, and a file that has gone changes nothing', async t => {
  const path = join(t.testdir({ token: 'first # of the year\nsecond\n\n' }), 'token')
  const reports: unknown[] = []
  const settings = componentSettings('bearertokenauth', { report: health => void reports.push(health.status) })
  const extension = await started(t, `filename: ${path}`, settings)
  t.same(extension.requestHeaders(), ['authorization', 'Bearer first'])
  t.match(extension.authenticate(requestWith('authorization', 'Bearer second')), { kind: 'allowed' })
  writeFileSync(path, 'third')
  await settings.clock.advance(1_000)
  t.same(extension.requestHeaders(), ['authorization', 'Bearer third'])
  rmSync(path)
  await settings.clock.advance(2_000)
  t.same(extension.requestHeaders(), ['authorization', 'Bearer third'])
  writeFileSync(path, 'fourth')
  await settings.clock.advance(1_000)
  t.same(extension.requestHeaders(), ['authorization', 'Bearer fourth'])
  t.same(reports, ['recoverable', 'ok'])
})

t.test('a start without the file, or with an empty one, says which', async t => {
  const folder = t.testdir({ empty: '\n' })
  for (const [name, message] of [
    ['none', /cannot read .*none/],
    ['empty', /empty is empty/],
  ] as const) {
    await t.rejects(started(t, `filename: ${join(folder, name)}`), { message })
  }
})

t.test('the settings must name a token, in one way', async t => {
  for (const [yaml, message] of [
    ['{}', /"token" is missing, and so are tokens and filename/],
    ['token: ""', /"token" is empty/],
    ['{token: a, tokens: [b]}', /"tokens" stands beside token/],
  ] as const) {
    t.throws(() => parseConfig(bearerTokenAuthConfig, yaml), { message })
  }
})
