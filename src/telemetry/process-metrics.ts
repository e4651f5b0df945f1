import type { Clock } from '../clock/clock.ts'
import type { MetricScope } from './metrics.ts'

/** What the platform tells about this process. */
export interface ProcessReader {
  memoryUsage(): NodeJS.MemoryUsage
  cpuUsage(): NodeJS.CpuUsage
}

/** The Collector's process metrics, under its names; V8's heap stands where Go's does. */
export function publishProcessMetrics(scope: MetricScope, reader: ProcessReader, clock: Clock): void {
  const startedMs = clock.nowMs()
  scope.observe(
    {
      name: 'otelcol_process_uptime',
      joinedBy: 'max',
      onlyGrows: true,
      description: 'Uptime of the process',
      unit: 's',
    },
    () => (clock.nowMs() - startedMs) / 1000,
  )
  scope.observe(
    {
      name: 'otelcol_process_cpu_seconds',
      onlyGrows: true,
      description: 'Total CPU user and system time in seconds',
      unit: 's',
    },
    () => {
      const { user, system } = reader.cpuUsage()
      return (user + system) / 1e6
    },
  )
  scope.observe(
    { name: 'otelcol_process_memory_rss', description: 'Total physical memory (resident set size)', unit: 'By' },
    () => reader.memoryUsage().rss,
  )
  scope.observe(
    {
      name: 'otelcol_process_runtime_heap_alloc_bytes',
      description: 'Bytes of used heap objects and of buffers outside the heap',
      unit: 'By',
    },
    () => {
      const usage = reader.memoryUsage()
      return usage.heapUsed + usage.external
    },
  )
  scope.observe(
    {
      name: 'otelcol_process_runtime_total_sys_memory_bytes',
      description: 'Bytes of heap obtained from the operating system, and of buffers outside the heap',
      unit: 'By',
    },
    () => {
      const usage = reader.memoryUsage()
      return usage.heapTotal + usage.external
    },
  )
}
