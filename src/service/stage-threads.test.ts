import t from 'tap'
import { admissionBytesMax } from './admission.ts'
import { stageThreadsMax } from './stage-threads.ts'

const mib = 1024 * 1024
const gib = 1024 * mib

for (const { cores, cpuQuota, memoryBytes, threads } of [
  { cores: 1, cpuQuota: undefined, memoryBytes: 64 * gib, threads: 0 },
  { cores: 8, cpuQuota: 0.5, memoryBytes: 64 * gib, threads: 0 },
  { cores: 8, cpuQuota: 1.5, memoryBytes: 64 * gib, threads: 2 },
  { cores: 8, cpuQuota: undefined, memoryBytes: 64 * gib, threads: 8 },
  { cores: 64, cpuQuota: undefined, memoryBytes: 64 * mib, threads: 0 },
  { cores: 64, cpuQuota: undefined, memoryBytes: 256 * mib, threads: 0 },
  { cores: 64, cpuQuota: undefined, memoryBytes: 288 * mib, threads: 1 },
  { cores: 64, cpuQuota: undefined, memoryBytes: 512 * mib, threads: 2 },
  { cores: 64, cpuQuota: undefined, memoryBytes: gib, threads: 6 },
]) {
  t.test(`${cores} cores, quota ${cpuQuota}, ${memoryBytes / mib} MiB: ${threads} threads`, async t => {
    t.equal(stageThreadsMax({ cores, cpuQuota, memoryBytes }), threads)
  })
}

t.test(
  'bytes in flight: a third of what a small container leaves, a quarter of a larger one, within bounds',
  async t => {
    const mibOf = (memoryBytes: number) => Math.round(admissionBytesMax(memoryBytes) / mib)
    t.same(
      [64, 128, 160, 192, 256, 512].map(size => mibOf(size * mib)),
      [24, 24, 32, 43, 64, 128],
    )
    t.same(
      [1, 2, 64].map(size => mibOf(size * gib)),
      [256, 512, 512],
    )
  },
)
