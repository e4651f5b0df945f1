import { isServerAuthenticator } from '../component/authenticator.ts'
import type { ComponentSettings } from '../component/component.ts'
import { revealedHeaders } from '../config/revealed-headers.ts'
import type { GrpcServerConfig } from '../config/sections/grpc.ts'
import type { HttpServerConfig } from '../config/sections/http.ts'
import { compileCors } from './cors.ts'
import { type GrpcConversation, type GrpcMethod, GrpcMethods } from './grpc-methods.ts'
import { type HttpRoute, HttpRoutes } from './http-routes.ts'
import type { Intake } from './intake.ts'
import type { WantedListener } from './listener-group.ts'
import {
  type DrainableHandler,
  grpcServerSettings,
  httpServerSettings,
  ReceiverServer,
  type ReceiverServerConfig,
} from './receiver-server.ts'

export interface GrpcCalls {
  /** By path: `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, GrpcMethod>
  /** By path: methods with messages in both directions. */
  readonly conversations?: ReadonlyMap<string, GrpcConversation>
  readonly messageBytesMax: number
}

export interface HttpPaths {
  /** By path; a receiver that takes any path answers with a route for each. */
  readonly routes: Pick<ReadonlyMap<string, HttpRoute>, 'get' | 'values'>
  readonly bodyBytesMax: number
}

/** The wish for a gRPC server as a Collector file describes it. */
export function wantedGrpcServer(
  settings: ComponentSettings,
  intake: Intake,
  config: GrpcServerConfig,
  { methods, conversations = new Map(), messageBytesMax }: GrpcCalls,
): WantedListener {
  const { host } = settings
  const handler = new GrpcMethods({
    methods,
    conversations,
    messageBytesMax,
    authenticator: config.auth?.authenticator,
    includeMetadata: config.includeMetadata,
    host,
    admission: host.admission,
    refused: refusal => intake.countRefusal(refusal),
  })
  return wantedServer(settings, 'grpc', { server: grpcServerSettings(config), handler, auth: config.auth })
}

/** The wish for an HTTP server as a Collector file describes it. */
export function wantedHttpServer(
  settings: ComponentSettings,
  intake: Intake,
  config: HttpServerConfig,
  { routes, bodyBytesMax }: HttpPaths,
): WantedListener {
  const { host } = settings
  const handler = new HttpRoutes({
    routes,
    bodyBytesMax,
    encodings: config.compressionAlgorithms,
    cors: compileCors(config.cors),
    responseHeaders: revealedHeaders(config.responseHeaders),
    keepsConnections: config.keepAlivesEnabled,
    authenticator: config.auth?.authenticator,
    includeMetadata: config.includeMetadata,
    host,
    admission: host.admission,
    refused: refusal => intake.countRefusal(refusal),
  })
  return wantedServer(settings, 'http', { server: httpServerSettings(config), handler, auth: config.auth })
}

interface Wish {
  readonly server: ReceiverServerConfig
  readonly handler: DrainableHandler
  readonly auth: { readonly authenticator: string } | undefined
}

/** `transport` is the label of its metrics. */
function wantedServer(
  settings: ComponentSettings,
  transport: 'grpc' | 'http',
  { server, handler, auth }: Wish,
): WantedListener {
  return {
    check() {
      if (auth === undefined || isServerAuthenticator(settings.host.extension(auth.authenticator))) return
      throw new Error(`auth: "${auth.authenticator}" is no authenticator among service.extensions`)
    },
    create: () => new ReceiverServer(settings, transport, server, handler),
    prepare: running =>
      running instanceof ReceiverServer && running.keepsAddress(server) ? running.prepare(server, handler) : undefined,
  }
}
