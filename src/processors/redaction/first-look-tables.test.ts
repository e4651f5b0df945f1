import t from 'tap'
import { detectorSettings } from './detectors/detection.ts'
import { nameEndings } from './detectors/name-endings.ts'
import { fuzzFirstLook } from './first-look.fuzz.ts'
import { firstLookTables } from './first-look-tables.ts'
import { mayEndName } from './prefilter-names.ts'
import { Candidates } from './scan/candidates.ts'
import { literalTables } from './scan/literals.ts'
import { WasmScanner } from './scan/wasm-scanner.ts'

t.test('what the first look leaves out, the prefilter rules out', async t => {
  t.ok(fuzzFirstLook(3, 8000) > 100_000)
})

t.test('the first look needs its tables', async t => {
  const bytes = Buffer.from('status_code 10.1.2.3 '.repeat(60))
  const found = (scanner: WasmScanner) => {
    const candidates = new Candidates()
    scanner.look(bytes, candidates)
    return candidates.count
  }
  const tables = firstLookTables(detectorSettings(() => true))
  t.equal(found(new WasmScanner(literalTables())), 60)
  t.ok(found(new WasmScanner(literalTables(), tables)) < 50)
})

t.test('a name of interest may end in each of its words, however it is written', async t => {
  for (const entry of nameEndings()) {
    const word = entry.replace(/^\+/, '')
    // One letter is a word only behind a sign.
    if (/^.\d*$/.test(word)) continue
    const capital = word[0]!.toUpperCase() + word.slice(1)
    const names = [`user_${word}`, `USER_${word.toUpperCase()}`, `x.${word}`, `x-${word}`, `user${capital}`]
    if (!entry.startsWith('+')) names.push(word, capital, word.toUpperCase(), `\\n${word}`, `\u0012\u0070${word}`)
    for (const name of names) {
      const text = Buffer.from(`"${name}`)
      let end = text.length
      while (text[end - 1]! >= 0x30 && text[end - 1]! <= 0x39) end--
      t.ok(mayEndName(text, end), name)
    }
  }
  for (const name of ['parts', 'content', 'page', 'sort', 'amid', 'role'])
    t.notOk(mayEndName(Buffer.from(`"${name}`), name.length + 1))
})
