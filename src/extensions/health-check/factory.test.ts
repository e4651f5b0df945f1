import t from 'tap'
import { testExtension } from '../../testkit/conformance.ts'
import { healthCheckExtension } from './factory.ts'

testExtension(t, healthCheckExtension, { config: 'endpoint: 127.0.0.1:0' })
