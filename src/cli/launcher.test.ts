import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
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

t.test('a reload that is asked for before the configuration has been read does not end the agent', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => void server.close())
  await once(server, 'listening')
  const asked = once(server, 'request') as Promise<[unknown, ServerResponse]>
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/config.yaml`
  // Without what tap loads into its children: that minds signals too.
  const command = ['-u', 'NODE_OPTIONS', launcher, '--config', url]
  const agent = spawn('env', command, { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(agent, 'exit')
  const greeted = new Promise(resolve => {
    let output = ''
    agent.stderr.on('data', (text: Buffer) => {
      output += text
      if (output.includes('pipeline')) resolve('greeted')
    })
  })
  const [, response] = await asked
  agent.kill('SIGHUP')
  response.end(config.slice('yaml:'.length))
  t.equal(await Promise.race([greeted, exited]), 'greeted')
  agent.kill('SIGTERM')
  t.same(await exited, [0, null])
})
