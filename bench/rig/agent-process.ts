// Starts the programs of the rig and reads what the operating system says of them. Linux only: /proc and taskset.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export interface StartSettings {
  readonly command: readonly string[]
  /** The processor that the program may use; undefined leaves it to the kernel. */
  readonly cpu?: number
  readonly environment?: Readonly<Record<string, string>>
}

export interface Running {
  readonly child: ChildProcess
  readonly pid: number
  readonly output: () => string
}

export function start({ command, cpu, environment }: StartSettings): Running {
  const full = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command]
  const child = spawn(full[0]!, full.slice(1), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-64_000)
  }
  child.stdout!.on('data', keep)
  child.stderr!.on('data', keep)
  // taskset and the launcher both exec: the process id stays.
  return { child, pid: child.pid!, output: () => output }
}

export async function stop(running: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (running.child.exitCode !== null || running.child.signalCode !== null) return
  const exited = once(running.child, 'exit')
  running.child.kill(signal)
  const killer = setTimeout(() => running.child.kill('SIGKILL'), 15_000)
  await exited
  clearTimeout(killer)
}

const ticksPerSecond = 100

/** User and system time of all threads so far, in seconds. Source: proc(5), /proc/pid/stat fields 14 and 15. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** A line of /proc/pid/status in MiB: VmRSS now, VmHWM at its highest. */
export function memoryMiB(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return match === null ? 0 : Number(match[1]) / 1024
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until somebody accepts on `port`; returns the milliseconds it took. */
export async function listening(port: number, running: Running, withinMs = 20_000): Promise<number> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < withinMs) {
    if (running.child.exitCode !== null) throw new Error(`exited with ${running.child.exitCode}:\n${running.output()}`)
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>(resolve => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return performance.now() - startedAt
    await delay(2)
  }
  throw new Error(`nothing listens on ${port}:\n${running.output()}`)
}
