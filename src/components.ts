import { ComponentRegistry, listed } from './component/registry.ts'

/** Every component that this agent has: a folder, and a line here. What a configuration does not name is not loaded. */
export const components = new ComponentRegistry([
  // receivers
  listed('receiver', 'otlp', () => import('./receivers/otlp/factory.ts')),
  listed('receiver', ['otlp_json_file', 'otlpjsonfile'], () => import('./receivers/otlp-json-file/factory.ts')),
  listed('receiver', 'jaeger', () => import('./receivers/jaeger/factory.ts')),
  listed('receiver', 'zipkin', () => import('./receivers/zipkin/factory.ts')),
  // processors
  listed('processor', 'batch', () => import('./processors/batch/factory.ts')),
  listed('processor', 'cost', () => import('./processors/cost/factory.ts')),
  listed('processor', 'attributes', () => import('./processors/attributes/factory.ts')),
  listed('processor', 'filter', () => import('./processors/filter/factory.ts')),
  listed('processor', ['k8s_attributes', 'k8sattributes'], () => import('./processors/k8s-attributes/factory.ts')),
  listed('processor', 'memory_limiter', () => import('./processors/memory-limiter/factory.ts')),
  listed(
    'processor',
    ['resource_detection', 'resourcedetection'],
    () => import('./processors/resource-detection/factory.ts'),
  ),
  listed('processor', 'redaction', () => import('./processors/redaction/factory.ts')),
  listed('processor', 'resource', () => import('./processors/resource/factory.ts')),
  listed('processor', 'probabilistic_sampler', () => import('./processors/probabilistic-sampler/factory.ts')),
  listed('processor', 'transform', () => import('./processors/transform/factory.ts')),
  listed('processor', 'tail_sampling', () => import('./processors/tail-sampling/factory.ts')),
  listed('processor', 'adaptive_sampler', () => import('./processors/adaptive-sampler/factory.ts')),
  // exporters
  listed('exporter', ['debug', 'logging'], () => import('./exporters/debug/factory.ts')),
  listed('exporter', 'file', () => import('./exporters/file/factory.ts')),
  listed('exporter', 'nop', () => import('./exporters/nop/factory.ts')),
  listed('exporter', ['otlp_grpc', 'otlp'], () => import('./exporters/otlp-grpc/factory.ts')),
  listed('exporter', ['otlp_http', 'otlphttp'], () => import('./exporters/otlp-http/factory.ts')),
  listed('exporter', 'jaeger', () => import('./exporters/jaeger/factory.ts')),
  listed('exporter', 'zipkin', () => import('./exporters/zipkin/factory.ts')),
  // connectors
  listed('connector', 'cost', () => import('./connectors/cost/factory.ts')),
  listed('connector', 'count', () => import('./connectors/count/factory.ts')),
  listed('connector', 'forward', () => import('./connectors/forward/factory.ts')),
  listed('connector', 'routing', () => import('./connectors/routing/factory.ts')),
  // extensions
  listed('extension', 'basicauth', () => import('./extensions/basicauth/factory.ts')),
  listed('extension', 'bearertokenauth', () => import('./extensions/bearertokenauth/factory.ts')),
  listed('extension', 'budgets', () => import('./extensions/budgets/factory.ts')),
  listed('extension', 'file_storage', () => import('./extensions/file-storage/factory.ts')),
  listed('extension', 'health_check', () => import('./extensions/health-check/factory.ts')),
])
