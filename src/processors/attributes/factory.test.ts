import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { attributesProcessor } from './factory.ts'

testProcessor(t, attributesProcessor, { config: 'actions: [{key: a, value: b, action: insert}]' })
