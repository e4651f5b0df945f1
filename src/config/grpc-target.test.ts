import t from 'tap'
import { grpcTargetProblem, parseGrpcTargetParts } from './grpc-target.ts'

for (const { target, parts } of [
  { target: 'backend:4317', parts: { host: 'backend', port: 4317 } },
  { target: 'dns:///backend:4317', parts: { host: 'backend', port: 4317 } },
  { target: 'dns://10.0.0.1/backend:4317', parts: { host: 'backend', port: 4317 } },
  { target: 'passthrough:///10.0.0.2:1', parts: { host: '10.0.0.2', port: 1 } },
  { target: 'ipv6:[::1]:4317', parts: { host: '::1', port: 4317 } },
  { target: '[::1]:4317', parts: { host: '::1', port: 4317 } },
  { target: 'https://backend', parts: { host: 'backend', port: undefined } },
  { target: 'http://backend:80/', parts: { host: 'backend', port: 80 } },
  { target: 'unix:///run/otlp.sock', parts: { path: '/run/otlp.sock' } },
  { target: 'unix:otlp.sock', parts: { path: 'otlp.sock' } },
]) {
  t.test(`reads ${target}`, async t => {
    t.same(parseGrpcTargetParts(target), parts)
    t.equal(grpcTargetProblem(target), undefined)
  })
}

for (const target of ['backend', 'backend:', 'backend:otlp', 'backend:99999', 'backend:1/v1', '::1:4317', 'xds:///x']) {
  t.test(`refuses ${target}`, async t => {
    t.match(grpcTargetProblem(target), new RegExp(`found "${target}"|: "${target}"`))
  })
}
