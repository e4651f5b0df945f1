import t from 'tap'
import { testProcessor } from '../../testkit/conformance.ts'
import { k8sAttributesProcessor } from './factory.ts'

testProcessor(t, k8sAttributesProcessor)
