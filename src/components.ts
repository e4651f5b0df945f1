import { ComponentRegistry } from './component/registry.ts'
import { costConnector } from './connectors/cost/factory.ts'
import { countConnector } from './connectors/count/factory.ts'
import { forwardConnector } from './connectors/forward/factory.ts'
import { routingConnector } from './connectors/routing/factory.ts'
import { debugExporter } from './exporters/debug/factory.ts'
import { fileExporter } from './exporters/file/factory.ts'
import { jaegerExporter } from './exporters/jaeger/factory.ts'
import { nopExporter } from './exporters/nop/factory.ts'
import { otlpGrpcExporter } from './exporters/otlp-grpc/factory.ts'
import { otlpHttpExporter } from './exporters/otlp-http/factory.ts'
import { zipkinExporter } from './exporters/zipkin/factory.ts'
import { basicAuthExtension } from './extensions/basicauth/factory.ts'
import { bearerTokenAuthExtension } from './extensions/bearertokenauth/factory.ts'
import { budgetsExtension } from './extensions/budgets/factory.ts'
import { fileStorageExtension } from './extensions/file-storage/factory.ts'
import { healthCheckExtension } from './extensions/health-check/factory.ts'
import { adaptiveSamplerProcessor } from './processors/adaptive-sampler/factory.ts'
import { attributesProcessor } from './processors/attributes/factory.ts'
import { batchProcessor } from './processors/batch/factory.ts'
import { costProcessor } from './processors/cost/factory.ts'
import { filterProcessor } from './processors/filter/factory.ts'
import { k8sAttributesProcessor } from './processors/k8s-attributes/factory.ts'
import { memoryLimiterProcessor } from './processors/memory-limiter/factory.ts'
import { probabilisticSamplerProcessor } from './processors/probabilistic-sampler/factory.ts'
import { redactionProcessor } from './processors/redaction/factory.ts'
import { resourceProcessor } from './processors/resource/factory.ts'
import { resourceDetectionProcessor } from './processors/resource-detection/factory.ts'
import { tailSamplingProcessor } from './processors/tail-sampling/factory.ts'
import { jaegerReceiver } from './receivers/jaeger/factory.ts'
import { otlpReceiver } from './receivers/otlp/factory.ts'
import { otlpJsonFileReceiver } from './receivers/otlp-json-file/factory.ts'
import { zipkinReceiver } from './receivers/zipkin/factory.ts'

/** Every component that this agent has: a folder, and a line here. */
export const components = new ComponentRegistry([
  // receivers
  otlpReceiver,
  otlpJsonFileReceiver,
  jaegerReceiver,
  zipkinReceiver,
  // processors
  batchProcessor,
  costProcessor,
  attributesProcessor,
  filterProcessor,
  k8sAttributesProcessor,
  memoryLimiterProcessor,
  resourceDetectionProcessor,
  redactionProcessor,
  resourceProcessor,
  probabilisticSamplerProcessor,
  tailSamplingProcessor,
  adaptiveSamplerProcessor,
  // exporters
  debugExporter,
  fileExporter,
  nopExporter,
  otlpGrpcExporter,
  otlpHttpExporter,
  jaegerExporter,
  zipkinExporter,
  // connectors
  costConnector,
  countConnector,
  forwardConnector,
  routingConnector,
  // extensions
  basicAuthExtension,
  bearerTokenAuthExtension,
  budgetsExtension,
  fileStorageExtension,
  healthCheckExtension,
])
