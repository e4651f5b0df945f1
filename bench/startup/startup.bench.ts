// How fast the bundled agent listens, and what it holds when idle, beside a bare Node that listens on one port.
//   node bench/startup/startup.bench.ts [rounds]
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from '../rig/median.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const rounds = Number(process.argv[2] ?? 10)
const listenMsGoal = 150
const residentMbGoal = 70
const idleAfterMs = 2500

execFileSync(process.execPath, [join(root, 'scripts/build.ts')])
const folder = mkdtempSync(join(tmpdir(), 'sluice-startup-'))
const bare = `require('node:net').createServer().listen(4318, '127.0.0.1')`
const subjects = [
  { name: 'bare node', args: ['-e', bare] },
  { name: 'sluice, first start', args: [join(root, 'dist/sluice.js')] },
  { name: 'sluice, compiled code cached', args: [join(root, 'dist/sluice.js')], cache: join(folder, 'cache') },
]

function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function measure(args: readonly string[], cache: string | undefined) {
  const env = { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) }
  const startedMs = performance.now()
  const child: ChildProcess = spawn(process.execPath, [...args], { stdio: 'ignore', env })
  while (!(await listens(4318))) await new Promise(resolve => setTimeout(resolve, 1))
  const listenMs = performance.now() - startedMs
  await new Promise(resolve => setTimeout(resolve, idleAfterMs))
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const residentMb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  child.kill('SIGTERM')
  await new Promise(resolve => child.once('exit', resolve))
  return { listenMs, residentMb }
}

for (const { name, args, cache } of subjects) {
  if (cache !== undefined) await measure(args, cache)
  const results = []
  for (let i = 0; i < rounds; i++) results.push(await measure(args, cache))
  const listenMs = results.map(result => result.listenMs)
  const residentMb = median(results.map(result => result.residentMb))
  const best = Math.min(...listenMs).toFixed(0)
  console.log(
    `${name.padEnd(30)} listening after ${median(listenMs).toFixed(0)} ms (best ${best}), idle ${residentMb.toFixed(1)} MB`,
  )
}
console.log(`goal: ${listenMsGoal} ms, ${residentMbGoal} MB`)
rmSync(folder, { recursive: true })
