import t from 'tap'
import { ModelDisk } from '../testkit/model-disk.ts'
import { SeededRandom } from '../testkit/seeded-random.ts'
import { create, numberOf, readAll, recordOf } from './log-run.oracle.ts'
import type { SyncLevel } from './log-settings.ts'

/** `SLUICE_CRASH_SEEDS=50` for the long form. */
const seedCount = Number(process.env.SLUICE_CRASH_SEEDS ?? 1)
const seedsOf = (powerLoss: boolean) =>
  Array.from({ length: powerLoss ? seedCount : Math.ceil(seedCount / 2) }, (_, i) => i + 1)

/**
 * Works with a log until the disk crashes at `step`, then looks at what is there. Returns false once the whole run passed
 * without reaching that step.
 */
async function crashRun(level: SyncLevel, step: number, seed: number, powerLoss: boolean): Promise<string | undefined> {
  const disk = new ModelDisk()
  const random = new SeededRandom(seed)
  const acknowledged = new Set<number>()
  const appended = new Set<number>()
  const acked = new Set<number>()
  let number = 0
  const work = async () => {
    for (let life = 0; life < 2; life++) {
      const { log } = create(disk, level)
      await log.open()
      await log.scan(() => {})
      for (let round = 0; round < 4; round++) {
        const group = Array.from({ length: 1 + random.below(4) }, () => number++)
        for (const each of group) appended.add(each)
        await Promise.all(group.map(each => log.append(recordOf(each)).then(() => acknowledged.add(each))))
        for (const record of await log.read(300)) {
          if (!random.chance(0.6)) continue
          acked.add(numberOf(record))
          log.ack(record.sequence)
        }
      }
      await log.close()
    }
  }
  disk.crashAtStep = step
  let isOver = true
  try {
    await work()
  } catch {
    isOver = false
  }
  // What the dead process had begun may still come to its end in the event loop; on the disk it does not.
  await new Promise(resolve => setImmediate(resolve))
  if (disk.stepCount >= step) isOver = false
  if (powerLoss) disk.losePower(random)
  else disk.kill()

  const { log, damaged } = create(disk, level)
  await log.open()
  await log.scan(() => {})
  const found = await readAll(log)
  const numbers = new Set(found.map(numberOf))
  const context = `level ${level}, step ${step}, seed ${seed}, ${powerLoss ? 'power loss' : 'kill'}`
  for (const each of acknowledged) {
    if (!acked.has(each) && !numbers.has(each)) throw new Error(`${each} was acknowledged and is lost: ${context}`)
  }
  for (const each of numbers) if (!appended.has(each)) throw new Error(`${each} was never written: ${context}`)
  // After a loss of power the extents may be gone as well: then an end that was never acknowledged looks like damage.
  if (damaged.length > 0 && !powerLoss) throw new Error(`${damaged.length} damages are told: ${context}`)
  if (numbers.size !== found.length) throw new Error(`a record was read twice: ${context}`)
  for (const [i, record] of found.entries()) {
    if (i > 0 && record.sequence <= (found[i - 1]?.sequence ?? 0)) throw new Error(`out of order: ${context}`)
  }
  // The log goes on: a new record is not taken for an old one, and outlives another kill when the old ones are done.
  await log.append(recordOf(100_000))
  const [last] = await readAll(log)
  if (last === undefined || numberOf(last) !== 100_000) throw new Error(`the log does not go on: ${context}`)
  for (const record of found) log.ack(record.sequence)
  await new Promise(resolve => setImmediate(resolve))
  const next = create(disk, level).log
  await next.open()
  await next.scan(() => {})
  const left = (await readAll(next)).map(numberOf)
  if (!left.includes(100_000)) throw new Error(`what was written after the recovery is lost: ${context}`)
  await next.close()
  return isOver ? undefined : context
}

for (const [level, powerLoss] of [
  ['synced', true],
  ['written', false],
  ['synced', false],
] as const) {
  t.test(
    `crash at every step, ${powerLoss ? 'loss of power' : 'kill'}, level ${level}: nothing acknowledged is lost`,
    async t => {
      let stepCount = 0
      for (const seed of seedsOf(powerLoss)) {
        for (let step = 1; ; step++) {
          if ((await crashRun(level, step, seed, powerLoss)) === undefined) break
          stepCount++
        }
      }
      t.ok(stepCount > 50, `${stepCount} crashes`)
    },
  )
}
