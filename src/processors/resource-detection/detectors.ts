import type { Environment } from '../../processor-helper/environment.ts'
import type { ResourceAttributes } from '../../processor-helper/resource-attributes-stage.ts'
import { readContainerLimits } from '../../telemetry/container-limits.ts'
import type { ResourceDetectionConfig } from './config.ts'

type Attributes = Record<string, string | number | boolean>
type Toggles = Readonly<Record<string, { readonly enabled: boolean }>>

/** Attributes that a detector knows and writes only where they are turned on. */
const offByDefault = new Set(['host.id', 'host.arch', 'os.version', 'os.description'])

/** What the machine says about itself; of two detectors that know an attribute the first wins. */
export function detectResource(config: ResourceDetectionConfig, environment: Environment): ResourceAttributes {
  const all: Attributes = {}
  for (const detector of config.detectors) {
    for (const [name, value] of Object.entries(detect(detector, config, environment))) all[name] ??= value
  }
  return all
}

function detect(detector: string, config: ResourceDetectionConfig, environment: Environment): Attributes {
  switch (detector) {
    case 'env':
      return fromVariable(environment.env['OTEL_RESOURCE_ATTRIBUTES'] ?? environment.env['OTEL_RESOURCE'] ?? '')
    case 'system':
      return toggled(system(environment), config.system.resourceAttributes)
    case 'docker':
      return toggled(system(environment), config.docker.resourceAttributes)
    case 'container':
      return toggled(container(environment), config.container.resourceAttributes)
    case 'cgroup':
      return toggled(limits(environment), config.cgroup.resourceAttributes)
    default:
      return {}
  }
}

function toggled(attributes: Attributes, toggles: Toggles): Attributes {
  const isOn = (name: string) => toggles[name]?.enabled ?? !offByDefault.has(name)
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => isOn(name)))
}

/** `key=value,key2=value2`; values are percent-encoded. What is none is left out. */
export function fromVariable(text: string): Attributes {
  const attributes: Attributes = {}
  for (const pair of text.split(',')) {
    const equals = pair.indexOf('=')
    const key = pair.slice(0, equals).trim()
    if (equals > 0 && key !== '') attributes[key] = decoded(pair.slice(equals + 1).trim())
  }
  return attributes
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: 'x86', arm: 'arm32', ppc64: 'ppc64' }
const systems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }

function system({ hostname, platform, arch, readText }: Environment): Attributes {
  const id = readText('/etc/machine-id')?.trim()
  const release = new Map(
    (readText('/etc/os-release') ?? '').split('\n').map(line => {
      const equals = line.indexOf('=')
      return [line.slice(0, equals), line.slice(equals + 1).replace(/^"|"$/g, '')]
    }),
  )
  return present({
    'host.name': hostname(),
    'os.type': systems[platform] ?? platform,
    'host.arch': architectures[arch] ?? arch,
    'host.id': id,
    'os.version': release.get('VERSION_ID'),
    'os.description': release.get('PRETTY_NAME'),
  })
}

/** The id that the container's own control group or mounts carry: 64 hex digits. */
function container({ readText }: Environment): Attributes {
  const texts = [readText('/proc/self/cgroup') ?? '', readText('/proc/self/mountinfo') ?? '']
  const id = texts.map(
    text => text.match(/(?:containers|docker|cri-containerd|crio|sandboxes)[/:-]([0-9a-f]{64})/)?.[1],
  )
  return present({ 'container.id': id.find(found => found !== undefined) })
}

function limits({ readText }: Environment): Attributes {
  const { memoryBytes, cpuQuota } = readContainerLimits(readText)
  return present({
    'container.memory.limit_bytes': memoryBytes,
    'container.cpu.limit_millicores': cpuQuota === undefined ? undefined : Math.round(cpuQuota * 1000),
  })
}

function present(attributes: Readonly<Record<string, string | number | undefined>>): Attributes {
  const isKnown = (entry: [string, string | number | undefined]): entry is [string, string | number] =>
    entry[1] !== undefined && entry[1] !== ''
  return Object.fromEntries(Object.entries(attributes).filter(isKnown))
}
