import { readFileSync } from 'node:fs'

/**
 * Datagrams that the kernel dropped at this machine's UDP sockets of `port`; 0 where it does not tell (not Linux).
 *
 * Source: https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html, the last column of /proc/net/udp
 */
export function kernelDrops(port: number): number {
  return dropsIn(readTable('/proc/net/udp'), port) + dropsIn(readTable('/proc/net/udp6'), port)
}

/** Adds up the drops of all sockets of `port` in the text of such a table. */
export function dropsIn(table: string, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  let drops = 0
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/)
    if (columns[1]?.endsWith(suffix)) drops += Number(columns[12] ?? 0)
  }
  return drops
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
