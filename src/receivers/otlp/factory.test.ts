import t from 'tap'
import { testReceiver } from '../../testkit/conformance.ts'
import { otlpReceiver } from './factory.ts'

testReceiver(t, otlpReceiver, { config: 'protocols: {grpc: {endpoint: 127.0.0.1:0}, http: {endpoint: 127.0.0.1:0}}' })
