import t from 'tap'
import { testReceiver } from '../../testkit/conformance.ts'
import { zipkinReceiver } from './factory.ts'

testReceiver(t, zipkinReceiver, { config: 'endpoint: 127.0.0.1:0' })
