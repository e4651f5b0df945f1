import t from 'tap'
import { testExporter } from '../../testkit/conformance.ts'
import { nopExporter } from './factory.ts'

testExporter(t, nopExporter)
