import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { heldOutContexts } from '../../testkit/held-out-contexts.ts'
import { encodePlain } from '../../testkit/otlp-oracle.ts'
import { carriers } from '../../testkit/redaction-carriers.ts'
import { gens } from '../../testkit/redaction-values.ts'
import { attributesOf, requestOf } from '../../testkit/run-processor.ts'
import { redactionConfig } from './config.ts'
import { RedactionStage } from './redaction-stage.ts'
import { webAssembly } from './scan/web-assembly.ts'

const walk = () =>
  new StageWalk('logs', [new RedactionStage(parseConfig(redactionConfig, 'profile: standard'), 'logs')])

t.test('a runtime without WebAssembly redacts the same, whatever the scanner has learned', async t => {
  const usual = walk()
  const runtime = webAssembly as { Instance: unknown }
  const { Instance } = runtime
  let made = 0
  runtime.Instance = class {
    constructor() {
      made++
      throw new Error('none here')
    }
  }
  const plain = walk()
  runtime.Instance = Instance
  t.equal(made, 1)
  const different: string[] = []
  let changed = 0
  const check = (text: string, key: string | undefined) => {
    const record = key === undefined ? { body: { stringValue: text } } : { attributes: attributesOf({ [key]: text }) }
    const bytes = encodePlain('logs', requestOf('logs', [record]))
    const out = usual.run(bytes)
    if (out !== bytes) changed++
    if (!Buffer.from(out).equals(plain.run(bytes))) different.push(text)
  }
  for (const make of Object.values(gens)) for (const [, wrap, key] of carriers) check(wrap(make()), key)
  for (const make of Object.values(heldOutContexts)) {
    const [text, , key] = make()
    check(text, key)
  }
  t.same(different, [])
  t.ok(changed > 1000, `${changed}`)
})
