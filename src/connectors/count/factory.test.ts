import t from 'tap'
import { testConnector } from '../../testkit/conformance.ts'
import { countConnector } from './factory.ts'

testConnector(t, countConnector)
