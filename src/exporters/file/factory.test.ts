import t from 'tap'
import { testExporter } from '../../testkit/conformance.ts'
import { fileExporter } from './factory.ts'

testExporter(t, fileExporter, { config: `path: ${t.testdir()}/out.json` })
