import t from 'tap'
import type { Problem } from './problem.ts'
import { formatProblem } from './problem-format.ts'
import { loadSample } from './sample-registry.ts'
import { lineColumn } from './tree.ts'

const file = `receivers:
  otlp:
    protocols:
      grpc:
        endpoint: localhost:4317
        max_recv_msg_size_mib: 4
  zipkin:
    endpoint: localhost:9411
processors:
  batch:
    timeout: 200ms
    send_batch_size: 8192
exporters:
  otlp_grpc:
    endpoint: backend:4317
    compression: gzip
    tls:
      insecure: true
    headers:
      authorization: s3cret
  debug:
    verbosity: basic
connectors:
  forward:
extensions:
  file_storage:
service:
  extensions: [file_storage]
  pipelines:
    traces/in:
      receivers: [otlp, zipkin]
      processors: [batch]
      exporters: [forward]
    traces:
      receivers: [forward]
      exporters: [otlp_grpc, debug]
`

/** One mistake: what the user wrote instead, where the one error must stand, and a remedy that works when followed. */
interface Mistake {
  readonly name: string
  readonly right: string
  readonly wrong: string
  readonly at: string
  readonly code: string
  readonly says: string
}

const mistakes: readonly Mistake[] = [
  {
    name: 'a tab',
    right: '        endpoint: localhost:4317',
    wrong: '\t\tendpoint: localhost:4317',
    at: '5:1',
    code: 'SLC0114',
    says: 'replace each tab by two spaces',
  },
  {
    name: 'a key indented too little',
    right: '        max_recv',
    wrong: '      max_recv',
    at: '6:7',
    code: 'SLC0102',
    says: 'a key of "grpc": indent it below that',
  },
  {
    name: 'a key indented in between',
    right: '        max_recv',
    wrong: '       max_recv',
    at: '6:1',
    code: 'SLC0101',
    says: 'line the key up with its neighbours',
  },
  {
    name: 'a misspelled key',
    right: '        endpoint',
    wrong: '        endpont',
    at: '5:9',
    code: 'SLC0102',
    says: 'did you mean "endpoint"?',
  },
  {
    name: 'a missing space between keys',
    right: 'timeout: 200ms',
    wrong: 'timeout:200ms',
    at: '11:12',
    code: 'SLC0113',
    says: 'write "timeout: " with a space',
  },
  {
    name: 'a missing space in a section alone',
    right: 'verbosity: basic',
    wrong: 'verbosity:basic',
    at: '22:14',
    code: 'SLC0113',
    says: 'write "verbosity: basic"',
  },
  {
    name: 'text for a number',
    right: 'size_mib: 4',
    wrong: 'size_mib: "4"',
    at: '6:32',
    code: 'SLC0103',
    says: 'remove the quotes: max_recv_msg_size_mib: 4',
  },
  {
    name: 'a word for a number',
    right: 'send_batch_size: 8192',
    wrong: 'send_batch_size: many',
    at: '12:22',
    code: 'SLC0103',
    says: 'for example send_batch_size: 8192',
  },
  {
    name: 'yes for true',
    right: 'insecure: true',
    wrong: 'insecure: yes',
    at: '18:17',
    code: 'SLC0103',
    says: 'write true',
  },
  {
    name: 'a number out of range',
    right: 'size_mib: 4',
    wrong: 'size_mib: -4',
    at: '6:32',
    code: 'SLC0105',
    says: 'allowed: 0 to 2047',
  },
  {
    name: 'a duration in days',
    right: 'timeout: 200ms',
    wrong: 'timeout: 1d',
    at: '11:14',
    code: 'SLC0108',
    says: 'write 24h',
  },
  {
    name: 'a duration with a space',
    right: 'timeout: 200ms',
    wrong: 'timeout: 200 ms',
    at: '11:14',
    code: 'SLC0108',
    says: 'write 200ms, without the space',
  },
  {
    name: 'an enum in capitals',
    right: 'compression: gzip',
    wrong: 'compression: GZIP',
    at: '16:18',
    code: 'SLC0104',
    says: 'did you mean "gzip"?',
  },
  {
    name: 'an unknown processor',
    right: '  batch:\n',
    wrong: '  bacth:\n',
    at: '10:3',
    code: 'SLC0301',
    says: 'did you mean "batch"?',
  },
  {
    name: 'an undefined reference',
    right: 'processors: [batch]',
    wrong: 'processors: [batchs]',
    at: '32:20',
    code: 'SLC0305',
    says: 'did you mean "batch"?',
  },
  {
    name: 'a component in the wrong list',
    right: 'receivers: [otlp, zipkin]',
    wrong: 'receivers: [otlp, batch]',
    at: '31:25',
    code: 'SLC0317',
    says: 'name it under processors',
  },
  {
    name: 'a port used twice',
    right: 'endpoint: localhost:9411',
    wrong: 'endpoint: 0.0.0.0:4317',
    at: '8:15',
    code: 'SLC0314',
    says: 'give one of them another port',
  },
  {
    name: 'a regex group in braces',
    right: 'authorization: s3cret',
    wrong: 'authorization: x${1}',
    at: '20:23',
    code: 'SLC0203',
    says: '$${1}',
  },
  {
    name: 'a default without env:',
    right: 'endpoint: backend:4317',
    wrong: 'endpoint: ${BACKEND:-b:4317}',
    at: '15:15',
    code: 'SLC0205',
    says: 'write ${env:BACKEND:-b:4317}',
  },
  {
    name: 'the wrong signal',
    right: '    traces/in:',
    wrong: '    logs/in:',
    at: '31:25',
    code: 'SLC0307',
    says: 'it takes traces',
  },
  {
    name: 'a key twice',
    right: '    timeout: 200ms',
    wrong: '    timeout: 1s\n    timeout: 200ms',
    at: '12:5',
    code: 'SLC0107',
    says: 'first defined here: sluice.yaml:11:5',
  },
  {
    name: 'a processor twice',
    right: 'processors: [batch]',
    wrong: 'processors: [batch, batch]',
    at: '32:27',
    code: 'SLC0313',
    says: 'define "batch/2"',
  },
  {
    name: 'a placeholder in braces without quotes',
    right: 'debug:\n    verbosity: basic',
    wrong: 'debug: {verbosity: ${env:V:-basic}}',
    at: '21:22',
    code: 'SLC0101',
    says: 'write "${env:V:-basic}"',
  },
  {
    name: 'a number with a unit',
    right: 'size_mib: 4',
    wrong: 'size_mib: 4MiB',
    at: '6:32',
    code: 'SLC0103',
    says: 'write max_recv_msg_size_mib: 4',
  },
  {
    name: 'a section indented too deep',
    right: 'processors:\n  batch:',
    wrong: '  processors:\n  batch:',
    at: '9:3',
    code: 'SLC0102',
    says: 'move it to the left margin',
  },
  {
    name: 'pipelines at the left margin',
    right: '  pipelines:',
    wrong: 'pipelines:',
    at: '29:1',
    code: 'SLC0102',
    says: '"pipelines" belongs under service',
  },
  {
    name: 'an unclosed quote',
    right: 'endpoint: backend:4317',
    wrong: 'endpoint: "backend:4317',
    at: '15:15',
    code: 'SLC0101',
    says: 'close the quote',
  },
  {
    name: 'an unclosed bracket',
    right: 'processors: [batch]',
    wrong: 'processors: [batch',
    at: '32:19',
    code: 'SLC0101',
    says: 'close the bracket',
  },
  {
    name: 'a second colon',
    right: 'compression: gzip',
    wrong: 'compression: gzip: 6',
    at: '16:18',
    code: 'SLC0101',
    says: 'in quotes',
  },
  {
    name: 'a pipeline of no signal',
    right: '    traces/in:',
    wrong: '    trace/in:',
    at: '30:5',
    code: 'SLC0316',
    says: 'did you mean "traces"?',
  },
  {
    name: 'an empty pipeline',
    right: 'exporters: [otlp_grpc, debug]',
    wrong: 'exporters: []',
    at: '34:5',
    code: 'SLC0308',
    says: 'add exporters: [otlp_grpc]',
  },
  {
    name: 'a section at the wrong level',
    right: 'service:\n',
    wrong: 'services:\n',
    at: '27:1',
    code: 'SLC0102',
    says: 'did you mean "service"?',
  },
  {
    name: 'an extension that is not defined',
    right: 'extensions: [file_storage]',
    wrong: 'extensions: [health_check]',
    at: '28:16',
    code: 'SLC0305',
    says: 'add "health_check:" below extensions',
  },
  {
    name: 'a missing required key',
    right: '    endpoint: backend:4317\n',
    wrong: '',
    at: '14:3',
    code: 'SLC0106',
    says: 'add endpoint: backend:4317',
  },
  {
    name: 'a list where a map is due',
    right: '    headers:\n      auth',
    wrong: '    headers:\n      - auth',
    at: '20:9',
    code: 'SLC0103',
    says: 'leave out the dash before "authorization", or write - name: x',
  },
  {
    name: 'a backend without a port',
    right: 'endpoint: backend:4317',
    wrong: 'endpoint: backend',
    at: '15:15',
    code: 'SLC0105',
    says: 'has no port, found "backend"',
  },
  {
    name: 'an empty address to listen on',
    right: 'endpoint: localhost:4317',
    wrong: 'endpoint: ""',
    at: '5:19',
    code: 'SLC0105',
    says: '"" is no address to listen on',
  },
  {
    name: 'a backend with a path',
    right: 'endpoint: backend:4317',
    wrong: 'endpoint: backend:4317/v1/traces',
    at: '15:15',
    code: 'SLC0105',
    says: 'is not host:port: "backend:4317/v1/traces"',
  },
  {
    name: 'a duration that no clock holds',
    right: 'timeout: 200ms',
    wrong: 'timeout: 9999999h',
    at: '11:14',
    code: 'SLC0108',
    says: 'the longest is 2562047h',
  },
]

function place(problem: Problem | undefined): string {
  if (problem?.place === undefined) return 'nowhere'
  const { line, column } = lineColumn(problem.place.source, problem.place.start)
  return `${line}:${column}`
}

t.test('the file without a mistake loads without a word', async t => {
  t.same((await loadSample(file)).problems, [])
})

for (const { name, right, wrong, at, code, says } of mistakes) {
  t.test(`${name}: one error at ${at}, with a remedy`, async t => {
    t.ok(file.includes(right))
    const { problems, resolved } = await loadSample(file.replace(right, wrong))
    const errors = problems.filter(problem => problem.severity === 'error')
    t.equal(resolved, undefined)
    t.same(
      errors.map(problem => problem.code),
      [code],
    )
    t.equal(place(errors[0]), at)
    const text = errors.map(problem => formatProblem(problem)).join('\n')
    t.ok(text.includes(says), text)
  })
}

t.test('several mistakes come out together, in the order of the file', async t => {
  const broken = file
    .replace('endpoint: localhost:4317', 'endpont: x')
    .replace('200ms', 'soon')
    .replace('[batch]', '[bach]')
  const { problems } = await loadSample(broken)
  t.same(
    problems.map(problem => [problem.code, place(problem)]),
    [
      ['SLC0102', '5:9'],
      ['SLC0108', '11:14'],
      ['SLC0305', '32:20'],
    ].sort((a, b) => Number(a[1]?.split(':')[0]) - Number(b[1]?.split(':')[0])),
  )
})

t.test('who needs an extension that Sluice lacks is not told to start it', async t => {
  const lacking = file
    .replace('extensions:\n  file_storage:', 'extensions:\n  lacking/1:')
    .replace('extensions: [file_storage]', 'extensions: [lacking/1]')
    .replace('compression: gzip', 'auth: {authenticator: lacking/1}')
  const errorsOf = async (allowMissing: boolean) =>
    (await loadSample(lacking, {}, { allowMissing })).problems
      .filter(problem => problem.severity === 'error')
      .map(problem => [problem.code, place(problem)])
  t.same(await errorsOf(false), [['SLC0301', '26:3']])
  t.same(await errorsOf(true), [['SLC0305', '16:27']])
})

t.test('the excerpt of a line names its variables, and hides what stands in for them', async t => {
  const name = 'DASH0_ENDPOINT_OTLP_GRPC_HOSTNAME'
  for (const [value, shown] of [
    [`\${env:${name}}`, `\${env:${name}}`],
    [`\${${name}}`, `\${${name}}`],
    [`\${env:${name}:-s3cret-Value}`, `\${env:${name}*`],
  ] as const) {
    // The mistake stands on the same line, so that the excerpt shows it.
    const broken = file.replace('      authorization: s3cret', `      {authorization: ${value}, x: [1]}`)
    const { problems } = await loadSample(broken)
    const texts = problems.map(problem => formatProblem(problem))
    t.ok(
      texts.some(text => text.includes(`authorization: ${shown}`)),
      texts.join('\n'),
    )
    t.notMatch(texts.join('\n'), 's3cret')
  }
})

t.test('no report shows a secret, whatever else is wrong on its line', async t => {
  const secret = 's3cret-Value'
  for (const line of [
    `authorization: ${secret}`,
    `authorization: [${secret}]`,
    `x-team: ${secret}`,
    `{authorization: ${secret}, x: [1]}`,
    `authorization: "${secret}`,
    `authorization:${secret}`,
    'authorization: ${env:SECRET_NUMBER}',
  ]) {
    const broken = file.replace('authorization: s3cret', line).replace('insecure: true', 'insecure: ${env:API_TOKEN}')
    const { problems } = await loadSample(broken, { env: { API_TOKEN: secret, SECRET_NUMBER: secret } })
    t.ok(problems.length > 0)
    t.notMatch(problems.map(problem => formatProblem(problem)).join('\n'), secret)
  }
})
