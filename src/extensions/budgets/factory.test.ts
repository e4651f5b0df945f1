import t from 'tap'
import { testExtension } from '../../testkit/conformance.ts'
import { budgetsExtension } from './factory.ts'

testExtension(t, budgetsExtension, { config: 'endpoint: 127.0.0.1:0\nbudgets: [{name: daily, limit: 1}]' })
