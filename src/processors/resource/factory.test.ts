import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { resourceProcessor } from './factory.ts'

testProcessor(t, resourceProcessor, { config: 'attributes: [{key: a, value: b, action: insert}]' })
