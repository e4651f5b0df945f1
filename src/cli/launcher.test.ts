import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const launcher = join(import.meta.dirname, '../../bin/sluice')

const config = `yaml:
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
exporters: {nop: }
service: {telemetry: {metrics: {level: none}}, pipelines: {traces: {receivers: [otlp], exporters: [nop]}}}`

t.test(
  'the launcher becomes the agent, and no signal opens a debugger',
  { skip: process.platform !== 'linux' && 'reads /proc' },
  async t => {
    const agent = spawn(launcher, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    let output = ''
    const greeted = new Promise<void>(resolve => {
      agent.stderr.on('data', (text: Buffer) => {
        output += text
        if (output.includes('pipeline')) resolve()
      })
    })
    await Promise.race([greeted, once(agent, 'exit')])
    t.match(output, /listening/)
    t.match(readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8'), /node\0/)
    agent.kill('SIGUSR1')
    agent.kill('SIGTERM')
    const [code] = await once(agent, 'exit')
    t.equal(code, 0)
    t.notMatch(output, /[Dd]ebugger/)
  },
)
