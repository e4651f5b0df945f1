import t from 'tap'
import { ConsumeError, type RefusalDetails, type RefusalKind } from './consumer.ts'
import { answerToRefusal, refusalOfGrpcStatus, refusalOfHttpStatus } from './status-table.ts'

t.test('gRPC codes mean what OTLP says, RESOURCE_EXHAUSTED by its RetryInfo', async t => {
  const retryable = new Set([1, 4, 10, 11, 14, 15])
  for (let code = 1; code <= 16; code++) {
    t.equal(refusalOfGrpcStatus(code, false) !== 'permanent', retryable.has(code), `code ${code}`)
  }
  t.equal(refusalOfGrpcStatus(8, true), 'overloaded')
  t.equal(refusalOfGrpcStatus(14, true), 'overloaded')
  t.equal(refusalOfGrpcStatus(3, true), 'permanent', 'RetryInfo alone makes nothing retryable')
})

t.test('HTTP statuses mean what OTLP says: four may be retried, no other', async t => {
  const retryable = new Set([429, 502, 503, 504])
  for (let status = 300; status < 600; status++) {
    const isRetryable = refusalOfHttpStatus(status) !== 'permanent'
    if (isRetryable !== retryable.has(status)) t.fail(`status ${status}`)
  }
  t.equal(refusalOfHttpStatus(503), 'overloaded')
  t.equal(refusalOfHttpStatus(502), 'retryable')
})

t.test('an answer invites to retry exactly where the refusal does, whatever status came with it', async t => {
  const statuses: Partial<RefusalDetails>[] = [{}]
  for (let code = 0; code <= 16; code++) statuses.push({ grpcStatus: code })
  for (const status of [400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504]) statuses.push({ httpStatus: status })
  for (const kind of ['permanent', 'retryable', 'overloaded'] satisfies RefusalKind[]) {
    for (const status of statuses) {
      const answer = answerToRefusal(new ConsumeError(kind, 'no', { reason: 'backend', ...status }))
      const mayRetry = kind !== 'permanent'
      const name = `${kind} ${JSON.stringify(status)}`
      t.equal(answer.retryDelayMs !== undefined, mayRetry, `${name}: hint`)
      const hasHint = answer.retryDelayMs !== undefined
      t.equal(refusalOfGrpcStatus(answer.grpcStatus, hasHint) !== 'permanent', mayRetry, `${name}: gRPC`)
      t.equal(refusalOfHttpStatus(answer.httpStatus) !== 'permanent', mayRetry, `${name}: HTTP`)
    }
  }
})
