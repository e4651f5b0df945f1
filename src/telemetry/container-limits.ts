/** What a container runtime grants this process; undefined where there is no limit. */
export interface ContainerLimits {
  readonly memoryBytes: number | undefined
  /** Cores, with fractions. */
  readonly cpuQuota: number | undefined
}

/** The text of a file, undefined where it cannot be read. */
export type ReadText = (path: string) => string | undefined

const root = '/sys/fs/cgroup'
/** The kernel writes "no limit" of cgroup v1 as the largest number of pages; anything this large means the same. */
const unlimitedBytes = 2 ** 60

/** Limits from cgroup v2, else v1: the tightest of the process's own group and all above it. */
export function readContainerLimits(readText: ReadText): ContainerLimits {
  const groups = groupsOf(readText('/proc/self/cgroup') ?? '')
  return {
    memoryBytes: tightest([
      ...ancestors(groups.unified).map(path => memoryOf(readText(`${root}${path}/memory.max`))),
      ...ancestors(groups.memory).map(path => memoryOf(readText(`${root}/memory${path}/memory.limit_in_bytes`))),
    ]),
    cpuQuota: tightest([
      ...ancestors(groups.unified).map(path => quotaOf(readText(`${root}${path}/cpu.max`))),
      ...ancestors(groups.cpu).map(path => {
        const folder = `${root}/cpu${path}`
        return quotaOf(`${readText(`${folder}/cpu.cfs_quota_us`)} ${readText(`${folder}/cpu.cfs_period_us`)}`)
      }),
    ]),
  }
}

function groupsOf(text: string): { unified: string; memory: string; cpu: string } {
  const groups = { unified: '', memory: '', cpu: '' }
  for (const line of text.split('\n')) {
    const match = line.match(/^\d+:([^:]*):(.*)$/)
    if (match === null) continue
    const [, controllers = '', path = ''] = match
    const names = controllers.split(',')
    if (controllers === '') groups.unified = path
    if (names.includes('memory')) groups.memory = path
    if (names.includes('cpu')) groups.cpu = path
  }
  return groups
}

/** `/a/b` gives `/a/b`, `/a` and the root, which is all that a container with a namespace of its own sees. */
function ancestors(path: string): string[] {
  const steps = path.split('/').filter(step => step !== '' && step !== '..')
  return [...steps.map((_, i) => `/${steps.slice(0, steps.length - i).join('/')}`), '']
}

function memoryOf(text: string | undefined): number | undefined {
  const bytes = Number.parseInt(text ?? '', 10)
  return Number.isNaN(bytes) || bytes >= unlimitedBytes ? undefined : bytes
}

function quotaOf(text: string | undefined): number | undefined {
  const [quota = Number.NaN, period = Number.NaN] = (text ?? '').trim().split(/\s+/).map(Number)
  return quota > 0 && period > 0 ? quota / period : undefined
}

function tightest(values: readonly (number | undefined)[]): number | undefined {
  const limits = values.filter(value => value !== undefined)
  return limits.length === 0 ? undefined : Math.min(...limits)
}
