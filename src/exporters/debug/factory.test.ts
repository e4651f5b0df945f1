import t from 'tap'
import { testExporter } from '../../testkit/conformance.ts'
import { debugExporter } from './factory.ts'

testExporter(t, debugExporter)
