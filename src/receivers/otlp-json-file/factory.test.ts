import t from 'tap'
import { testReceiver } from '../../testkit/conformance.ts'
import { otlpJsonFileReceiver } from './factory.ts'

testReceiver(t, otlpJsonFileReceiver, { config: `include: [${t.testdir()}/*.json]` })
