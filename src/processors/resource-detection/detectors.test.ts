import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Problem } from '../../config/problem.ts'
import { ResourceAttributesStage } from '../../processor-helper/resource-attributes-stage.ts'
import { requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { resourceDetectionConfig } from './config.ts'
import { detectResource, fromVariable } from './detectors.ts'

const containerId = '0123456789abcdef'.repeat(4)
const files: Readonly<Record<string, string>> = {
  '/etc/machine-id': 'abc\n',
  '/etc/os-release': 'NAME=x\nVERSION_ID="13"\nPRETTY_NAME="Some Linux 13"\n',
  '/proc/self/cgroup': '0::/\n',
  '/proc/self/mountinfo': `1 2 0:1 /var/lib/docker/containers/${containerId}/hostname /etc/hostname rw\n`,
  '/sys/fs/cgroup/memory.max': '1000\n',
  '/sys/fs/cgroup/cpu.max': '25000 100000\n',
}

function detected(yaml: string, env: Record<string, string> = {}) {
  return detectResource(parseConfig(resourceDetectionConfig, yaml), {
    env,
    readText: path => files[path],
    hostname: () => 'machine',
    platform: 'linux',
    arch: 'x64',
  })
}

t.test('by default only the variable of the SDKs is read', async t => {
  t.same(detected('{}', { OTEL_RESOURCE_ATTRIBUTES: 'service.name=shop, a=b%20c,=x,broken,d=%zz' }), {
    'service.name': 'shop',
    a: 'b c',
    d: '%zz',
  })
  t.same(fromVariable(''), {})
})

t.test('a detector that only the Collector has is left out with a warning', async t => {
  const warnings: Problem[] = []
  const yaml = 'detectors: [env, ec2, container]\nec2: {tags: [a]}'
  t.same(parseConfig(resourceDetectionConfig, yaml, warnings).detectors, ['env', 'ec2', 'container'])
  t.match(warnings, [
    { severity: 'warning', code: 'SLC0112', message: /^"ec2" has no effect here/ },
    { severity: 'warning', message: /^"detectors\[1\]" is "ec2", which is left out/ },
  ])
  t.same(detected(`${yaml}\ncontainer: {}`), { 'container.id': containerId })
})

t.test('system, container and limits, with attributes turned on and off', async t => {
  t.same(detected('detectors: [system]'), { 'host.name': 'machine', 'os.type': 'linux' })
  t.same(
    detected(`detectors: [system]
system: {resource_attributes: {host.name: {enabled: false}, host.arch: {enabled: true}, os.description: {enabled: true}}}`),
    { 'os.type': 'linux', 'host.arch': 'amd64', 'os.description': 'Some Linux 13' },
  )
  t.same(detected('detectors: [container, cgroup]'), {
    'container.id': containerId,
    'container.memory.limit_bytes': 1000,
    'container.cpu.limit_millicores': 250,
  })
})

t.test('of two that know an attribute the first wins', async t => {
  const env = { OTEL_RESOURCE_ATTRIBUTES: 'host.name=named' }
  t.equal(detected('detectors: [env, system]', env)['host.name'], 'named')
  t.equal(detected('detectors: [system, env]', env)['host.name'], 'machine')
})

t.test('an unknown detector is refused with those that there are', async t => {
  t.throws(() => detected('detectors: [clouds]'), { message: /"clouds", and no detector.*env, system/s })
  t.throws(() => detected('detectors: [sistem]'), { message: /"sistem", and no detector.*did you mean "system"/s })
})

t.test('overrides what a resource says, or not', async t => {
  for (const [overrides, expected] of [
    [true, 'detected'],
    [false, 'own'],
  ] as const) {
    const stage = new ResourceAttributesStage({ 'host.name': 'detected' }, overrides)
    const { request } = runProcessor(stage, 'logs', requestOf('logs', [{}], { 'host.name': 'own' }))
    const [group] = request['resourceLogs'] as { resource: { attributes: unknown } }[]
    t.same(valuesOf(group?.resource.attributes), { 'host.name': expected })
  }
})
