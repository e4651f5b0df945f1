import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { RecordSplice } from '../../pdata/record-splice.ts'
import { transformConfig } from './config.ts'
import { fuzzTransformShortcut } from './shortcut.fuzz.ts'
import { createTransformStage } from './transform-stage.ts'

for (const signal of ['traces', 'logs'] as const) {
  t.test(`${signal} are transformed to the same bytes without views`, async t => {
    t.ok(fuzzTransformShortcut(signal, 5, 400) > 150)
  })
}

for (const { statements, isShort } of [
  {
    statements: ['set(span.attributes["a"], "b")', 'delete_key(span.attributes, "c") where span.kind == 2'],
    isShort: true,
  },
  { statements: ['set(span.attributes["a"], resource.attributes["b"])'], isShort: true },
  { statements: ['set(span.attributes["a"], span.name)', 'set(span.attributes["b"], scope.name)'], isShort: true },
  { statements: ['replace_pattern(span.attributes["a"], "[0-9]+", "{id}")'], isShort: true },
  { statements: ['set(span.name, "b")'], isShort: false },
  { statements: ['set(span.attributes["a"]["b"], 1)'], isShort: false },
  { statements: ['set(resource.attributes["a"], "b")'], isShort: false },
  { statements: ['set(span.attributes["a"], "b") where spanevent.name == "c"'], isShort: false },
  { statements: ['keep_keys(span.attributes, ["a"])'], isShort: false },
  { statements: ['set(span.attributes["a"], "b") where Len(span.attributes) > 3'], isShort: false },
  // The second one has to see what the first one wrote.
  { statements: ['set(span.attributes["a"], "b")', 'set(span.attributes["c"], span.attributes["a"])'], isShort: false },
]) {
  t.test(`${statements.join('; ')}: ${isShort ? 'needs no walk' : 'needs a walk'}`, async t => {
    const config = parseConfig(transformConfig, JSON.stringify({ trace_statements: statements }))
    t.equal(RecordSplice.of('traces', [createTransformStage(config, 'traces')]) !== undefined, isShort)
  })
}
