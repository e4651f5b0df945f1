import type { ClientMetadata } from '../../pdata/otlp-batch.ts'

/** Whether the sender of a request gave what is asked for. */
export type RequestCondition = (metadata: ClientMetadata | undefined) => boolean

const pattern = /^\s*request\["([^"]+)"\]\s*(==|!=)\s*"(.*)"\s*$/s

/**
 * Reads `request["header"] == "value"` or `!=`, the two forms that the Collector knows; undefined where it is neither. Any value
 * of the header may hold; who did not send the header is matched by none of the two.
 */
export function parseRequestCondition(source: string): RequestCondition | undefined {
  const match = pattern.exec(source)
  if (match === null) return undefined
  const [, header = '', sign, value] = match
  const name = header.toLowerCase()
  const isEqual = sign === '=='
  return metadata => metadata?.headers.get(name)?.some(given => (given === value) === isEqual) ?? false
}
