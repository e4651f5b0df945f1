import t from 'tap'
import { grpcProxyFromEnvironment } from './proxy-environment.ts'

t.test('gRPC asks the proxy of HTTPS_PROXY, TLS or not, unless the name is excepted or local', async t => {
  const environment = { HTTPS_PROXY: 'http://proxy:3128', HTTP_PROXY: 'http://other', NO_PROXY: 'near.test' }
  for (const [target, expected] of [
    ['far.test:4317', 'http://proxy:3128'],
    ['dns:///far.test:4317', 'http://proxy:3128'],
    ['[2001:db8::1]:4317', 'http://proxy:3128'],
    ['near.test:4317', undefined],
    ['dns:///a.near.test:4317', undefined],
    ['127.0.0.1:4317', undefined],
    ['unix:///run/a.sock', undefined],
  ] as const) {
    t.equal(grpcProxyFromEnvironment(target, environment), expected, target)
  }
})
