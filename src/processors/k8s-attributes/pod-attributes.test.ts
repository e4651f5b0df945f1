import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import type { Environment } from '../../processor-helper/environment.ts'
import { ResourceAttributesStage } from '../../processor-helper/resource-attributes-stage.ts'
import { requestOf, runProcessor, valuesOf } from '../../testkit/run-processor.ts'
import { k8sAttributesConfig } from './config.ts'
import { deploymentOf, fieldsIn, podAttributes } from './pod-attributes.ts'

function attributesOf(yaml: string, env: Record<string, string>, files: Record<string, string> = {}) {
  const environment: Environment = {
    env,
    readText: path => files[path],
    hostname: () => 'machine',
    platform: 'linux',
    arch: 'x64',
  }
  return podAttributes(parseConfig(k8sAttributesConfig, yaml), environment)
}

t.test('reads what the downward API put into the environment', async t => {
  const env = {
    K8S_POD_NAME: 'web-7d4b9c8f6d-x2x5z',
    POD_UID: 'uid-1',
    K8S_NAMESPACE_NAME: 'shop',
    NODE_NAME: 'node-1',
    K8S_POD_IP: '10.0.0.1',
  }
  t.same(attributesOf('{}', env), {
    'k8s.namespace.name': 'shop',
    'k8s.pod.name': 'web-7d4b9c8f6d-x2x5z',
    'k8s.pod.uid': 'uid-1',
    'k8s.deployment.name': 'web',
    'k8s.node.name': 'node-1',
  })
  t.same(attributesOf('extract: {metadata: [k8s.pod.ip]}', env), { 'k8s.pod.ip': '10.0.0.1' })
})

t.test('without variables, a pod still knows its name and namespace', async t => {
  const files = { '/var/run/secrets/kubernetes.io/serviceaccount/namespace': 'shop\n' }
  t.same(attributesOf('{}', { KUBERNETES_SERVICE_HOST: '10.96.0.1', HOSTNAME: 'pod-a' }, files), {
    'k8s.pod.name': 'pod-a',
    'k8s.namespace.name': 'shop',
  })
  t.same(attributesOf('{}', { HOSTNAME: 'laptop' }), {}, 'and a laptop is no pod')
})

t.test('labels and annotations from the podinfo volume', async t => {
  const files = {
    '/etc/podinfo/labels': 'app="web"\nteam="a \\"b\\"\\n\\x00"\n',
    '/etc/podinfo/annotations': 'resource.opentelemetry.io/service.name="checkout"\nnote="n"\n',
  }
  const yaml = `extract:
  metadata: []
  labels: [{key: app, tag_name: service.name}, {key: team}, {key: absent}]
  annotations: [{key: note}]
  otel_annotations: true`
  t.same(attributesOf(yaml, {}, files), {
    'service.name': 'checkout',
    'k8s.pod.labels.team': 'a "b"\n\0',
    'k8s.pod.annotations.note': 'n',
  })
})

t.test('a pattern of keys writes each that it matches whole, under a name made of its groups', async t => {
  const files = { '/etc/podinfo/labels': 'app.kubernetes.io/name="web"\napp.kubernetes.io/part-of="shop"\nother="x"\n' }
  const labelsBy = (rule: string) => attributesOf(`extract: {metadata: [], labels: [${rule}]}`, {}, files)
  t.same(labelsBy('{key_regex: "app.kubernetes.io/(.*)", tag_name: "$1"}'), { name: 'web', 'part-of': 'shop' })
  t.same(labelsBy('{key_regex: "app.(k.*)/(part)-of", tag_name: "a.$2.${1}.$0"}'), {
    'a.part.kubernetes.io.app.kubernetes.io/part-of': 'shop',
  })
  t.same(labelsBy('{key_regex: "oth.*"}'), { 'k8s.pod.labels.other': 'x' })
  t.same(labelsBy('{key_regex: "kubernetes"}'), {}, 'a part of the key is not enough')
  t.same(labelsBy('{key_regex: "oth.*", from: statefulset}'), {})
  for (const rule of ['{tag_name: a}', '{key: a, key_regex: b}', '{key_regex: "("}', '{key: a, from: cluster}']) {
    t.throws(() => labelsBy(rule), { name: 'ConfigError' }, rule)
  }
})

t.test('writes into every resource what it does not say itself', async t => {
  const stage = new ResourceAttributesStage({ 'k8s.pod.name': 'agent', 'k8s.node.name': 'n' }, false)
  const { request } = runProcessor(stage, 'traces', requestOf('traces', [{}], { 'k8s.pod.name': 'app' }))
  const [group] = request['resourceSpans'] as { resource: { attributes: unknown } }[]
  t.same(valuesOf(group?.resource.attributes), { 'k8s.pod.name': 'app', 'k8s.node.name': 'n' })
})

t.test('tells a deployment by the name of its pod, and nothing else', async t => {
  t.equal(deploymentOf('a-b-7d4b9c8f6d-x2x5z'), 'a-b')
  t.equal(deploymentOf('db-0'), undefined)
  t.equal(deploymentOf('agent-x2x5z'), undefined)
  t.equal(deploymentOf(undefined), undefined)
  t.same([...fieldsIn('no equals\n=x\na="1"')], [['a', '1']])
})
