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

for (const { name, bytes } of [
  { name: 'UTF-8 with a byte order mark', bytes: Buffer.from('\ufeffa: ü\n') },
  { name: 'UTF-16 as Windows writes it', bytes: Buffer.from('\ufeffa: ü\n', 'utf16le') },
  { name: 'UTF-16 with the high byte first', bytes: Buffer.from('\ufeffa: ü\n', 'utf16le').swap16() },
]) {
  t.test(`reads a file in ${name}`, async t => {
    const problems: Problem[] = []
    const file = join(t.testdir({ 'a.yaml': bytes }), 'a.yaml')
    const read = await readSources({ configs: [file], sets: [] }, nodeSourceIo({}), problems)
    t.same(problems, [])
    t.equal(read.texts[0]?.text, 'a: ü\n')
  })
}

t.test('a file that is no text is refused with its line, not read with other letters', async t => {
  const problems: Problem[] = []
  const file = join(t.testdir({ 'a.yaml': Buffer.from('a: b\npassword: caf\xe9\n', 'latin1') }), 'a.yaml')
  const read = await readSources({ configs: [file], sets: [] }, nodeSourceIo({}), problems)
  t.same(read.texts, [])
  t.match(problems, [
    { code: 'SLC0201', message: `cannot read --config ${file}: line 2 is not UTF-8 text`, remedy: 'save it as UTF-8' },
  ])
})
