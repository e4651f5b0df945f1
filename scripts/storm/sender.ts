import http from 'node:http'
import grpc from '@grpc/grpc-js'
import type { Protocol } from './backend.ts'

/** An application that sends OTLP to an agent that is killed again and again. */
export interface StormSender {
  /** Resolves with whether the agent said that it has it. */
  post(body: Buffer): Promise<boolean>
  close(): void
}

const timeoutMs = 5000

export function createSender(protocol: Protocol, port: number): StormSender {
  return protocol === 'http' ? httpSender(port) : grpcSender(port)
}

function httpSender(port: number): StormSender {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  return {
    post: body =>
      new Promise(resolve => {
        const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
        const target = { port, host: '127.0.0.1', path: '/v1/traces', method: 'POST', headers, agent }
        const request = http.request({ ...target, timeout: timeoutMs }, response => {
          response.resume()
          response.on('end', () => resolve(response.statusCode === 200))
          response.on('error', () => resolve(false))
          response.on('aborted', () => resolve(false))
        })
        request.on('error', () => resolve(false))
        request.on('timeout', () => request.destroy())
        request.end(body)
      }),
    close: () => agent.destroy(),
  }
}

function grpcSender(port: number): StormSender {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 100,
  })
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
  const same = (bytes: Buffer) => bytes
  return {
    post: body =>
      new Promise(resolve => {
        const deadline = Date.now() + timeoutMs
        client.makeUnaryRequest(path, same, same, body, { deadline }, error => resolve(error === null))
      }),
    close: () => client.close(),
  }
}
