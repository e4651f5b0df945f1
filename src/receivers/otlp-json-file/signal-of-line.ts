import type { Signal } from '../../pdata/otlp-batch.ts'

const signals: Record<string, Signal> = {
  resourceSpans: 'traces',
  resourceMetrics: 'metrics',
  resourceLogs: 'logs',
  resource_spans: 'traces',
  resource_metrics: 'metrics',
  resource_logs: 'logs',
}

/** The signal of a request by its first key; undefined where it is none of OTLP's, or the request is empty. */
export function signalOfLine(line: Uint8Array): Signal | undefined {
  const head = Buffer.from(line.subarray(0, 64)).toString('utf8')
  const key = /^\s*\{\s*"(\w+)"\s*:/.exec(head)?.[1]
  return key === undefined ? undefined : signals[key]
}
