import {
  any,
  bool,
  type ConfigOf,
  defineConfig,
  duration,
  list,
  map,
  oneOf,
  section,
  string,
} from '../../config/declare.ts'
import { nearest } from '../../config/nearest.ts'

const toggleConfig = defineConfig({ enabled: bool('enabled', true, 'Write this attribute.') })

const detectorConfig = defineConfig({
  resourceAttributes: map(
    'resource_attributes',
    section('', toggleConfig),
    {},
    'Attributes to turn on or off, by name.',
  ),
})

const systemConfig = defineConfig({
  hostnameSources: list(
    'hostname_sources',
    oneOf('', ['dns', 'os', 'cname', 'lookup'], 'os'),
    ['dns', 'os'],
    'Read for compatibility: the name is the one that the system calls itself.',
  ),
  resourceAttributes: map(
    'resource_attributes',
    section('', toggleConfig),
    {},
    'Attributes to turn on or off, by name.',
  ),
})

const detectorNames = ['env', 'system', 'docker', 'container', 'cgroup'] as const

/** The Collector's detectors that ask a cloud, a cluster or a service: files name them by the dozen, for wherever they run. */
const absentDetectors: readonly string[] = [
  ...['alibaba_ecs', 'ec2', 'ecs', 'eks', 'elastic_beanstalk', 'elasticbeanstalk', 'lambda', 'azure', 'aks', 'consul'],
  ...['digitalocean', 'dynatrace', 'gcp', 'gce', 'gke', 'heroku', 'hetzner', 'ibmcloud_classic', 'ibmcloud_vpc'],
  ...['openshift', 'nova', 'oraclecloud', 'k8s_api', 'k8snode', 'kubeadm', 'akamai', 'scaleway', 'tencent_cvm'],
  ...['upcloud', 'vultr'],
]

const absentSections = Object.fromEntries(
  absentDetectors.map(name => [
    name,
    any(name, undefined, 'Read for compatibility.', { noEffect: 'this detector is not here' }),
  ]),
)

const shape = {
  detectors: list('detectors', string('', '', ''), ['env'], 'Who is asked; the first that knows an attribute wins.'),
  override: bool('override', true, 'What a resource says already gives way.'),
  timeoutMs: duration('timeout', '5s', 'Read for compatibility.', { noEffect: 'nothing is asked over a network' }),
  refreshIntervalMs: duration('refresh_interval', '0s', 'Read for compatibility.', { noEffect: 'a reload looks anew' }),
  attributes: any('attributes', undefined, 'Read for compatibility.', {
    noEffect: 'use resource_attributes of each detector',
  }),
  system: section('system', systemConfig, 'The detector system.'),
  docker: section('docker', detectorConfig, 'The detector docker.'),
  container: section('container', detectorConfig, 'The detector container.'),
  cgroup: section('cgroup', detectorConfig, 'The detector cgroup.'),
}

export const resourceDetectionConfig = defineConfig({ ...shape, ...absentSections }, ({ detectors }, problems) => {
  const known: readonly string[] = detectorNames
  for (const [index, name] of detectors.entries()) {
    if (known.includes(name)) continue
    const path = ['detectors', index]
    const remedy = `there are ${known.join(', ')}`
    if (absentDetectors.includes(name)) {
      problems.warn(path, `is "${name}", which is left out: nothing is asked over a network here`, remedy)
      continue
    }
    const close = nearest(name, known)
    problems.error(path, `is "${name}", and no detector has that name`, close ? `did you mean "${close}"?` : remedy)
  }
})
export type ResourceDetectionConfig = ConfigOf<typeof resourceDetectionConfig>
