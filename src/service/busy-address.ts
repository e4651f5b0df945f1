/**
 * The end of the address that an error, or what caused it, says is taken: `:4317`, or the path of a socket; empty where it does
 * not say. Undefined where that is not what went wrong.
 */
export function busyAddress(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code, port, address } = each as NodeJS.ErrnoException & { port?: number; address?: string }
    if (code !== 'EADDRINUSE') continue
    return port !== undefined && port > 0 ? `:${port}` : (address ?? '')
  }
  return undefined
}
