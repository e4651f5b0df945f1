import { SeededRandom } from '../testkit/seeded-random.ts'
import type { Problem } from './problem.ts'
import { formatProblem } from './problem-format.ts'
import { loadSample } from './sample-registry.ts'

const lines = `receivers:
  otlp:
    protocols: &p
      grpc: {endpoint: "localhost:4317", max_recv_msg_size_mib: 4}
      http:
        cors: {allowed_origins: [a, "*"], max_age: 0x10}
  values/1:
    text: \${env:A}
    number: 7
    any: [1, 2.5, {a: *p}]
    names: a,b
    nested:
processors:
  batch:
    timeout: 1m30s
connectors:
  forward:
exporters:
  otlp_grpc:
    endpoint: \${env:B:-b:4317}
    headers: {authorization: "Bearer \${file:/secret}"}
    sending_queue: {batch: , queue_size: 10}
service:
  telemetry: {logs: {level: INFO}}
  pipelines:
    traces/a: {receivers: [otlp, values/1], processors: [batch], exporters: [forward]}
    traces: {receivers: [forward], exporters: [otlp_grpc]}`.split('\n')

const pieces = [
  '{',
  '}',
  '[',
  ']',
  ': ',
  ':',
  '- ',
  '\t',
  '"',
  "'",
  '${',
  '}',
  '$$',
  '&p ',
  '*p',
  '<<: ',
  '|',
  '>',
  '!!str ',
  '#',
  '\u0000',
  '~',
  '0x',
  '\n',
  ',',
  '? ',
  '---\n',
  '%',
  '@',
  '`',
  'é',
]

/** A file with a few random wounds: characters put in, lines lost, doubled, moved or indented anew. */
function wounded(random: SeededRandom): string {
  const text = [...lines]
  for (let wounds = random.below(4) + 1; wounds > 0; wounds--) {
    const at = random.below(text.length)
    const line = text[at] ?? ''
    const column = random.below(line.length + 1)
    switch (random.below(6)) {
      case 0:
        text[at] = line.slice(0, column) + random.pick(pieces) + line.slice(column)
        break
      case 1:
        text[at] = line.slice(0, column) + line.slice(column + random.below(4))
        break
      case 2:
        text.splice(at, 1)
        break
      case 3:
        text.splice(at, 0, text[random.below(text.length)] ?? '')
        break
      case 4:
        text[at] = ' '.repeat(random.below(9)) + line.trimStart()
        break
      default:
        text[at] = line.slice(0, column)
    }
  }
  return text.join('\n')
}

/**
 * Loads wounded files. Throws where loading throws, where a refusal has no error, or where a problem cannot be shown.
 * Returns how many loaded without an error.
 */
export async function fuzzLoad(seed: number, count: number): Promise<number> {
  const random = new SeededRandom(seed)
  let loadedCount = 0
  for (let i = 0; i < count; i++) {
    const text = wounded(random)
    const world = { env: { A: '[1, {x: y}]' }, files: { '/secret': 's3cret-Value' } }
    const { resolved, problems } = await loadSample(text, world)
    if (resolved !== undefined) loadedCount++
    else if (!problems.some(problem => problem.severity === 'error'))
      throw new Error(`refused without a reason:\n${text}`)
    for (const problem of problems) check(problem, text)
  }
  return loadedCount
}

function check(problem: Problem, text: string): void {
  const { place, message } = problem
  if (message === '' || place === undefined) throw new Error(`a problem without message or place:\n${text}`)
  if (place.start < 0 || place.end < place.start || place.end > place.source.text.length) {
    throw new Error(`${problem.code} points outside of its source:\n${text}`)
  }
  if (formatProblem(problem).includes('s3cret-Value')) throw new Error(`${problem.code} shows a secret:\n${text}`)
}
