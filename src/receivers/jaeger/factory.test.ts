import t from 'tap'
import { testReceiver } from '../../testkit/conformance.ts'
import { jaegerReceiver } from './factory.ts'

const endpoint = '{endpoint: 127.0.0.1:0}'
testReceiver(t, jaegerReceiver, {
  config: `protocols: {grpc: ${endpoint}, thrift_http: ${endpoint}, thrift_compact: ${endpoint}, thrift_binary: ${endpoint}}`,
})
