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

export const detectorNames = ['env', 'system', 'docker', 'container', 'cgroup'] as const

export const resourceDetectionConfig = defineConfig({
  detectors: list(
    'detectors',
    string('', '', '', {
      validate: (name: string) =>
        (detectorNames as readonly string[]).includes(name)
          ? undefined
          : `is no detector here: "${name}"; there are ${detectorNames.join(', ')}`,
    }),
    ['env'],
    'Who is asked; the first that knows an attribute wins.',
  ),
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
})
export type ResourceDetectionConfig = ConfigOf<typeof resourceDetectionConfig>
