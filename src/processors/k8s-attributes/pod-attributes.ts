import type { Environment } from '../../processor-helper/environment.ts'
import { Pattern } from '../../processor-helper/pattern.ts'
import type { K8sAttributesConfig } from './config.ts'

/** Environment variables that a pod spec fills through the downward API, by attribute; the first that is set counts. */
const variables: Readonly<Record<string, readonly string[]>> = {
  'k8s.pod.name': ['K8S_POD_NAME', 'POD_NAME'],
  'k8s.pod.uid': ['K8S_POD_UID', 'POD_UID'],
  'k8s.pod.ip': ['K8S_POD_IP', 'POD_IP'],
  'k8s.pod.start_time': ['K8S_POD_START_TIME'],
  'k8s.namespace.name': ['K8S_NAMESPACE_NAME', 'POD_NAMESPACE', 'K8S_NAMESPACE'],
  'k8s.node.name': ['K8S_NODE_NAME', 'NODE_NAME'],
  'k8s.deployment.name': ['K8S_DEPLOYMENT_NAME'],
  'k8s.statefulset.name': ['K8S_STATEFULSET_NAME'],
  'k8s.daemonset.name': ['K8S_DAEMONSET_NAME'],
  'k8s.job.name': ['K8S_JOB_NAME'],
  'k8s.cronjob.name': ['K8S_CRONJOB_NAME'],
  'k8s.container.name': ['K8S_CONTAINER_NAME'],
  'k8s.cluster.name': ['K8S_CLUSTER_NAME'],
  'container.image.name': ['CONTAINER_IMAGE_NAME'],
  'container.image.tag': ['CONTAINER_IMAGE_TAG'],
}
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'

/** What is known of the pod that the agent runs in. */
export function podAttributes(config: K8sAttributesConfig, environment: Environment): Record<string, string> {
  const attributes: Record<string, string> = {}
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') attributes[name] = value
  }
  for (const name of config.extract.metadata) set(name, metadata(name, environment))
  const labels = fieldsIn(environment.readText(`${config.podinfoDirectory}/labels`))
  const annotations = fieldsIn(environment.readText(`${config.podinfoDirectory}/annotations`))
  for (const [rules, fields, prefix] of [
    [config.extract.labels, labels, 'k8s.pod.labels'],
    [config.extract.annotations, annotations, 'k8s.pod.annotations'],
  ] as const) {
    for (const { key, keyRegex, tagName, from } of rules) {
      if (from !== 'pod') continue
      if (keyRegex === '') set(tagName || `${prefix}.${key}`, fields.get(key))
      else for (const [name, value] of matching(keyRegex, tagName, prefix, fields)) set(name, value)
    }
  }
  if (config.extract.otelAnnotations) {
    for (const [key, value] of annotations) {
      if (key.startsWith(otelPrefix)) set(key.slice(otelPrefix.length), value)
    }
  }
  return attributes
}

/** Fields whose whole key the pattern matches, by the attribute to write. */
function* matching(
  keyRegex: string,
  tagName: string,
  prefix: string,
  fields: ReadonlyMap<string, string>,
): Generator<[string, string]> {
  const pattern = new Pattern(`^(?:${keyRegex})$`)
  for (const [key, value] of fields) {
    const groups = pattern.groups(key)
    if (groups === undefined) continue
    const name = tagName.replace(/\$(?:(\d+)|\{(\d+)\})/g, (_all, bare, braced) => groupOf(Number(bare ?? braced)))
    yield [name === '' ? `${prefix}.${key}` : name, value]
    function groupOf(number: number): string {
      return number === 0 ? key : (groups?.[number - 1] ?? '')
    }
  }
}

const otelPrefix = 'resource.opentelemetry.io/'

function metadata(name: string, { env, readText, hostname }: Environment): string | undefined {
  for (const variable of variables[name] ?? []) {
    const value = env[variable]
    if (value !== undefined && value !== '') return value
  }
  // A pod's host name is its name, and its service account says where it lives.
  const isInCluster = env['KUBERNETES_SERVICE_HOST'] !== undefined
  if (name === 'k8s.pod.name' && isInCluster) return env['HOSTNAME'] ?? hostname()
  if (name === 'k8s.namespace.name') return readText(`${serviceAccount}/namespace`)?.trim()
  if (name === 'k8s.deployment.name')
    return deploymentOf(metadata('k8s.pod.name', { env, readText, hostname } as Environment))
  return undefined
}

/** `web-7d4b9c8f6d-x2x5z` belongs to `web`: a replica set's hash and a pod's suffix use an alphabet without vowels. */
export function deploymentOf(podName: string | undefined): string | undefined {
  return podName?.match(/^(.+)-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/)?.[1]
}

/** Lines of a downward API file: `key="value"`, quoted as Go does. */
export function fieldsIn(text: string | undefined): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of (text ?? '').split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0) fields.set(line.slice(0, equals), unquote(line.slice(equals + 1)))
  }
  return fields
}

function unquote(text: string): string {
  try {
    return String(
      JSON.parse(
        text
          .replace(/\\x([0-9a-f]{2})/g, '\\u00$1')
          .replace(/\\a/g, '\\u0007')
          .replace(/\\v/g, '\\u000b'),
      ),
    )
  } catch {
    return text
  }
}
