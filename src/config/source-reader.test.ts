import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Problem } from './problem.ts'
import { nodeSourceIo, readSources } from './source-reader.ts'

t.test('reads a configuration from a web server, and says what is wrong with one that cannot', async t => {
  const server = createServer((request, response) => {
    const isKnown = request.headers.authorization === `Basic ${Buffer.from('user:s3cret').toString('base64')}`
    if (request.url === '/config.yaml' && isKnown) response.end('receivers:\n')
    else response.writeHead(404).end('gone')
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => server.close())
  const base = `http://user:s3cret@127.0.0.1:${(server.address() as AddressInfo).port}`
  const problems: Problem[] = []
  const io = nodeSourceIo({})
  const read = await readSources({ configs: [`${base}/config.yaml`, `${base}/none.yaml`], sets: [] }, io, problems)
  t.same(
    read.texts.map(text => text.text),
    ['receivers:\n'],
  )
  t.equal(problems.length, 1)
  t.match(problems[0], { code: 'SLC0201' })
  t.notMatch(problems[0]?.message, 's3cret')
})

t.test('reads a directory in the order of names, and passes over what is no YAML and what is hidden', async t => {
  const dir = t.testdir({
    'b.yaml': 'b: 1',
    'a.yml': 'a: 1',
    'notes.txt': 'x',
    '.hidden.yaml': 'x',
    sub: { 'c.yaml': 'c' },
  })
  const problems: Problem[] = []
  const read = await readSources({ configs: [dir], sets: [] }, nodeSourceIo({}), problems)
  t.same(problems, [])
  t.same(
    read.texts.map(text => text.name),
    [join(dir, 'a.yml'), join(dir, 'b.yaml')],
  )
  t.ok(read.files.includes(dir), 'the directory itself is watched for new files')
})
