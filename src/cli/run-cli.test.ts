import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { LoadRequest } from '../config/load.ts'
import { serverPair, strangerPair } from '../testkit/certificates.ts'
import { commands } from './command-table.ts'
import { runSample } from './sample-world.ts'

const good = `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: localhost:0
      http:
        endpoint: localhost:0
processors:
  batch:
exporters:
  otlp_grpc:
    endpoint: \${env:BACKEND:-backend:4317}
    headers:
      authorization: Bearer s3cret
  debug:
connectors:
  count:
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [otlp_grpc, debug, count]
    metrics:
      receivers: [count]
      exporters: [debug]
`
const bad = good.replace('endpoint: localhost:0', 'endpont: localhost:0')

t.test('validate says that a good file is good, and nothing else', async t => {
  const dir = t.testdir({ 'good.yaml': good })
  const { code, stdout, stderr } = await runSample(['validate', '--config', join(dir, 'good.yaml')])
  t.equal(code, 0, stderr)
  t.equal(stdout, 'the configuration is valid\n')
  t.equal(stderr, '')
})

t.test('validate shows a mistake with its place on stderr, and keeps stdout clean', async t => {
  const dir = t.testdir({ 'bad.yaml': bad })
  const file = join(dir, 'bad.yaml')
  const { code, stdout, stderr } = await runSample(['validate', '-c', file])
  t.equal(code, 1)
  t.equal(stdout, '')
  t.ok(stderr.includes(`${file}:5:9: error[SLC0102]: unknown key "endpont"`))
  t.ok(stderr.includes('did you mean "endpoint"?'))
  t.ok(stderr.includes('1 error'))
})

t.test('validate --format gives machines what they read, on stdout', async t => {
  const dir = t.testdir({ 'bad.yaml': bad })
  const file = join(dir, 'bad.yaml')
  const json = await runSample(['validate', '-c', file, '--format', 'json'])
  t.equal(json.code, 1)
  t.match(JSON.parse(json.stdout), [{ code: 'SLC0102', severity: 'error', file, line: 5, column: 9, endColumn: 16 }])
  const sarif = JSON.parse((await runSample(['validate', '-c', file, '--format=sarif'])).stdout)
  t.equal(sarif.version, '2.1.0')
  t.equal(sarif.runs[0].results[0].ruleId, 'SLC0102')
  t.equal(sarif.runs[0].results[0].locations[0].physicalLocation.region.startLine, 5)
  const github = (await runSample(['validate', '-c', file, '--format=github'])).stdout
  t.ok(
    github.startsWith(
      `::error file=${file},line=5,col=9,endColumn=16,title=SLC0102 Unknown key::unknown key "endpont"%0A`,
    ),
  )
})

t.test('validate --env finds a port that is taken', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const dir = t.testdir({ 'taken.yaml': good.replace('localhost:0', `127.0.0.1:${port}`) })
  const plain = await runSample(['validate', '-c', join(dir, 'taken.yaml')])
  t.equal(plain.code, 0)
  const tried = await runSample(['validate', '--env', '-c', join(dir, 'taken.yaml')])
  t.equal(tried.code, 1)
  t.match(tried.stderr, /:5:19: error\[SLC0401\]: cannot listen on tcp 127\.0\.0\.1:\d+: another process/)
})

t.test('validate --env reads files, and sees that key and certificate belong together', async t => {
  const tls = (cert: string, key: string) =>
    good.replace('http:\n', `http:\n        tls: {cert_file: ${cert}, key_file: ${key}}\n`)
  const dir = t.testdir({ 'cert.pem': serverPair.cert, 'key.pem': serverPair.key, 'other.pem': strangerPair.key })
  const paths = ['cert.pem', 'key.pem', 'other.pem', 'none.pem'].map(name => join(dir, name))
  const [cert = '', key = '', other = '', none = ''] = paths
  const check = async (text: string) => await runSample(['validate', '--env', '-c', `yaml:${text}`])
  t.equal((await check(tls(cert, key))).code, 0)
  const mismatch = await check(tls(cert, other))
  t.equal(mismatch.code, 1)
  t.match(mismatch.stderr, /error\[SLC0402\]: certificate and key cannot be used/)
  const missing = await check(tls(none, key))
  t.match(missing.stderr, /:7:\d+: error\[SLC0402\]: cannot read .*none\.pem: no such file/)
})

t.test('validate reports what stands in the way of building', async t => {
  const dir = t.testdir({ 'good.yaml': good })
  const build = async () => [{ kind: 'exporter' as const, id: 'otlp_grpc', message: 'no such codec' }]
  const { code, stderr } = await runSample(['validate', '-c', join(dir, 'good.yaml')], { build })
  t.equal(code, 1)
  t.match(stderr, /:11:3: error\[SLC0403\]: no such codec/)
})

t.test('print-config hides secrets, and says with --sources where each line came from', async t => {
  const dir = t.testdir({ 'good.yaml': good, 'more.yaml': 'exporters: {debug: {verbosity: detailed}}\n' })
  const [file, more] = [join(dir, 'good.yaml'), join(dir, 'more.yaml')]
  const { code, stdout } = await runSample(['print-config', '-c', file, '-c', more, '--sources'])
  t.equal(code, 0)
  t.notMatch(stdout, 's3cret')
  t.match(stdout, '"[REDACTED]"')
  t.ok(stdout.includes(`# ${more}:1:32`))
  t.match(stdout, /endpoint: backend:4317 +# .*:12:15, the default of environment variable BACKEND/)
  const whole = await runSample(['print-config', '-c', file, '--mode=unredacted', '--format=json'])
  t.equal(JSON.parse(whole.stdout).exporters.otlp_grpc.headers.authorization, 'Bearer s3cret')
})

t.test('what print-config prints loads to the same configuration', async t => {
  const dir = t.testdir({ 'good.yaml': good })
  const { stdout } = await runSample(['print-config', '-c', join(dir, 'good.yaml'), '--mode=unredacted'])
  const again = await runSample(['print-config', '-c', `yaml:${stdout}`, '--mode=unredacted'])
  t.equal(again.stdout, stdout)
})

t.test('graph draws pipelines in three forms', async t => {
  const dir = t.testdir({ 'good.yaml': good })
  const file = join(dir, 'good.yaml')
  const ascii = (await runSample(['graph', '-c', file])).stdout
  t.equal(
    ascii,
    [
      'traces',
      '                   ┌ otlp_grpc',
      '  otlp ─── batch ──┼ debug',
      '                   └ (count -> metrics)',
      '',
      'metrics',
      '  (traces -> count) ───── debug',
      '',
    ].join('\n'),
  )
  t.match((await runSample(['graph', '-c', file, '--format=mermaid'])).stdout, /^flowchart LR\n/)
  t.match((await runSample(['graph', '-c', file, '--format=dot'])).stdout, /^digraph sluice \{\n/)
})

t.test('lint counts what is supported and names what is not', async t => {
  const dir = t.testdir({
    'file.yaml': good.replace('  batch:', '  batch: {send_batch_size: 1, metadata_keys: [a]}\n  k8sattributes:'),
  })
  const { code, stdout } = await runSample(['lint', join(dir, 'file.yaml')])
  t.equal(code, 1)
  t.match(stdout, /:9:31 +unsupported +processors::batch::metadata_keys +no such key/)
  t.match(stdout, /:10:3 +unsupported +processors::k8sattributes +Sluice has no such processor/)
  t.match(stdout, /\d+ keys: \d+ supported, 0 no effect, 0 changed, 0 deprecated, 2 unsupported/)
})

t.test('components and explain print the declarations', async t => {
  t.match((await runSample(['components'])).stdout, /receivers\n {2}otlp/)
  t.match((await runSample(['components', 'batch'])).stdout, / {2}send_batch_size: integer, default 8192\n {6}Items\./)
  t.match((await runSample(['explain', 'SLC0203'])).stdout, '$${1}')
  t.match((await runSample(['explain', 'exporters.otlp_grpc.sending_queue.queue_size'])).stdout, /default: 1000/)
  t.match((await runSample(['explain', 'batch::timeout'])).stdout, /default: 200ms/)
  t.match((await runSample(['explain', 'service.telemetry.logs'])).stdout, /level: debug \| info/)
  t.equal((await runSample(['explain', 'batch.timout'])).code, 2)
})

t.test('schema is JSON, and lists the components', async t => {
  const schema = JSON.parse((await runSample(['schema'])).stdout)
  t.ok(schema.properties.receivers.patternProperties['^otlp(/.+)?$'])
  t.ok(schema.definitions['exporter.otlp_grpc'].properties.sending_queue.properties.queue_size)
})

for (const { argv, says } of [
  { argv: ['valdate'], says: 'did you mean "validate"?' },
  { argv: ['sluice.yaml'], says: 'sluice --config sluice.yaml' },
  { argv: ['validate', '--fromat', 'json'], says: 'did you mean --format?' },
  { argv: ['validate', '--format', 'jsn'], says: 'did you mean "json"?' },
  { argv: ['validate', '--config'], says: 'needs a value' },
  { argv: ['--confg=x'], says: 'did you mean --config?' },
  { argv: ['components', 'a', 'b'], says: 'unexpected argument "b"' },
  { argv: ['components', 'bach'], says: 'did you mean "batch"?' },
  { argv: ['completion', 'csh'], says: 'bash, zsh, fish' },
]) {
  t.test(`sluice ${argv.join(' ')} is wrong usage`, async t => {
    const { code, stdout, stderr } = await runSample(argv)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.ok(stderr.includes(says), stderr)
  })
}

t.test('nothing at all means run', async t => {
  t.equal((await runSample([], { run: async request => request.configs.length })).code, 0)
})

t.test('options without a command mean run, with everything that they say', async t => {
  let seen: LoadRequest | undefined
  const run = async (request: LoadRequest) => {
    seen = request
    return 7
  }
  const argv = ['--config=env:A', '-c', 'b.yaml', '--set', 'x.y=1', '--feature-gates=-a,+b', '--allow-missing']
  t.equal((await runSample(argv, { run })).code, 7)
  t.match(seen, { configs: ['env:A', 'b.yaml'], sets: ['x.y=1'], featureGates: ['-a', '+b'], allowMissing: true })
})

t.test('help, completion and the manual know every command and option', async t => {
  const overview = (await runSample(['--help'])).stdout
  const man = (await runSample(['man'])).stdout
  const scripts = await Promise.all(
    ['bash', 'zsh', 'fish'].map(async shell => (await runSample(['completion', shell])).stdout),
  )
  for (const command of commands) {
    t.ok(overview.includes(`  ${command.name} `), `help lists ${command.name}`)
    t.ok(man.includes(`sluice ${command.name} `), `the manual lists ${command.name}`)
    const help = (await runSample([command.name, '--help'])).stdout
    for (const { name } of command.options) {
      t.ok(help.includes(`--${name}`), `help of ${command.name} lists ${name}`)
      for (const script of scripts) t.ok(script.includes(name))
    }
  }
})

t.test('colors appear only on a terminal that wants them', async t => {
  const text = async (isTTY: boolean, env: Record<string, string>) => {
    let stderr = ''
    await runSample(['nonsense'], { env, stderr: { isTTY, write: part => (stderr += part) } })
    return stderr.includes('\u001b[')
  }
  t.equal(await text(true, {}), true)
  t.equal(await text(false, {}), false)
  t.equal(await text(true, { NO_COLOR: '1' }), false)
})
