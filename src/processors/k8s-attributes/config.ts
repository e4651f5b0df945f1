import { any, bool, type ConfigOf, defineConfig, list, oneOf, section, string } from '../../config/declare.ts'
import { patternProblem } from '../../processor-helper/pattern.ts'

const unused = (key: string) =>
  any(key, undefined, 'Read for compatibility.', {
    noEffect: "attributes come from the downward API of the agent's own pod, so nothing is asked of the cluster",
  })

const owners = ['pod', 'namespace', 'node', 'deployment', 'statefulset', 'daemonset', 'job'] as const

const fieldExtractConfig = defineConfig(
  {
    tagName: string(
      'tag_name',
      '',
      'Attribute to write; k8s.pod.labels.<key> or k8s.pod.annotations.<key> by default. $1 is a group of key_regex.',
    ),
    key: string('key', '', 'Label or annotation.'),
    keyRegex: string('key_regex', '', 'Pattern (RE2) of the whole key, in place of key: every match is written.', {
      validate: patternProblem,
    }),
    regex: unused('regex'),
    from: oneOf('from', owners, 'pod', 'Whose; only those of the pod are known here.'),
  },
  ({ key, keyRegex, from }, problems) => {
    if (from !== 'pod') problems.warn(['from'], `is ${from}: only labels and annotations of the pod are known here`)
    if (key === '' && keyRegex === '') problems.error(['key'], 'is missing, and so is key_regex')
    if (key !== '' && keyRegex !== '') problems.error(['key_regex'], 'stands beside key', 'keep one of the two')
  },
)

/** What the Collector extracts by default, as far as the downward API tells it. */
const defaultMetadata = [
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.pod.uid',
  'k8s.pod.start_time',
  'k8s.deployment.name',
  'k8s.node.name',
] as const

const extractConfig = defineConfig({
  metadata: list('metadata', string('', ''), defaultMetadata, 'Attributes to write.'),
  labels: list('labels', section('', fieldExtractConfig), [], 'Labels of the pod to write, from the podinfo volume.'),
  annotations: list('annotations', section('', fieldExtractConfig), [], 'Annotations, likewise.'),
  otelAnnotations: bool('otel_annotations', false, 'Write annotations resource.opentelemetry.io/<key> as <key>.'),
  deploymentNameFromReplicaset: unused('deployment_name_from_replicaset'),
})

export const k8sAttributesConfig = defineConfig({
  extract: section('extract', extractConfig, 'What to write.'),
  podinfoDirectory: string(
    'podinfo_directory',
    '/etc/podinfo',
    'Where a downward API volume shows labels and annotations.',
  ),
  authType: unused('auth_type'),
  passthrough: unused('passthrough'),
  filter: unused('filter'),
  podAssociation: unused('pod_association'),
  exclude: unused('exclude'),
  context: unused('context'),
  waitForMetadata: unused('wait_for_metadata'),
  waitForMetadataTimeout: unused('wait_for_metadata_timeout'),
})
export type K8sAttributesConfig = ConfigOf<typeof k8sAttributesConfig>
