import { join } from 'node:path'
import t from 'tap'
import { runSample } from '../sample-world.ts'

const request = JSON.stringify({
  resourceLogs: [
    {
      scopeLogs: [
        {
          logRecords: [
            { body: { stringValue: 'mail jane@example.org, card 4111 1111 1111 1112' } },
            {
              attributes: [
                {
                  key: 'process.command_args',
                  value: { arrayValue: { values: [{ stringValue: '--password' }, { stringValue: 'hunter22' }] } },
                },
              ],
            },
          ],
        },
      ],
    },
  ],
})

t.test('explains what would go and what only looks like it, without showing it', async t => {
  const dir = t.testdir({ 'a.json': request, 'lines.jsonl': `${request}\n${request}\n` })
  const { code, stdout } = await runSample(['redact', 'explain', join(dir, 'a.json')])
  t.equal(code, 0)
  t.match(stdout, /email +label +log_body +5-21/)
  t.match(stdout, /card +left +log_body .*its check digit is wrong/)
  t.match(stdout, /secret +label +log_attributes process\.command_args +0-8/)
  t.match(stdout, /2 found, 1 left alone/)
  t.notMatch(stdout, /jane|4111|hunter/)
  t.match((await runSample(['redact', 'explain', join(dir, 'lines.jsonl')])).stdout, /4 found, 2 left alone/)
})

t.test('a file that cannot be read or holds something else is named', async t => {
  const dir = t.testdir({ empty: '', 'other.json': '{"a":1}', 'bad.json': '{"resourceLogs": 1}', 'x.pb': 'hello' })
  for (const [file, message] of [
    ['none', /cannot read .*none: ENOENT/],
    ['empty', /empty is empty/],
    ['other.json', /no resourceSpans, resourceMetrics or resourceLogs/],
    ['bad.json', /no OTLP\/JSON/],
    ['x.pb', /needs --signal/],
  ] as const) {
    const { code, stderr } = await runSample(['redact', 'explain', join(dir, file)])
    t.equal(code, 2, file)
    t.match(stderr, message)
  }
  const { stderr } = await runSample(['redact', 'explain', '--signal', 'logs', join(dir, 'x.pb')])
  t.match(stderr, /no protobuf request of logs/)
})
