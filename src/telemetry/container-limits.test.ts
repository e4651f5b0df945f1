import t from 'tap'
import { readContainerLimits } from './container-limits.ts'

const read = (files: Readonly<Record<string, string>>) => readContainerLimits(path => files[path])

t.test('reads cgroup v2 as a container with a namespace of its own sees it', async t => {
  t.same(
    read({
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': '134217728\n',
      '/sys/fs/cgroup/cpu.max': '50000 100000\n',
    }),
    { memoryBytes: 134217728, cpuQuota: 0.5 },
  )
})

t.test('takes the tightest limit of the groups above', async t => {
  t.same(
    read({
      '/proc/self/cgroup': '0::/system.slice/sluice.service\n',
      '/sys/fs/cgroup/system.slice/sluice.service/memory.max': 'max\n',
      '/sys/fs/cgroup/system.slice/memory.max': '1000000\n',
      '/sys/fs/cgroup/system.slice/sluice.service/cpu.max': '150000 100000\n',
      '/sys/fs/cgroup/system.slice/cpu.max': '400000 100000\n',
    }),
    { memoryBytes: 1000000, cpuQuota: 1.5 },
  )
})

t.test('reads cgroup v1, where a huge number and -1 mean no limit', async t => {
  const files = {
    '/proc/self/cgroup': '5:cpu,cpuacct:/a\n3:memory:/a\n',
    '/sys/fs/cgroup/memory/a/memory.limit_in_bytes': '268435456\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu/a/cpu.cfs_period_us': '100000\n',
  }
  t.same(read(files), { memoryBytes: 268435456, cpuQuota: undefined })
})

t.test('no limits without cgroups, or with what nobody understands', async t => {
  t.same(read({}), { memoryBytes: undefined, cpuQuota: undefined })
  t.same(read({ '/proc/self/cgroup': 'x', '/sys/fs/cgroup/memory.max': 'lots', '/sys/fs/cgroup/cpu.max': '' }), {
    memoryBytes: undefined,
    cpuQuota: undefined,
  })
})
