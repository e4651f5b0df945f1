import { deserialize } from 'node:v8'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import type { ComponentRegistry } from '../component/registry.ts'
import { PlainSpans } from '../pdata/plain-spans.ts'
import { WireError } from '../wire/wire-error.ts'
import { fromPortable } from './portable-config.ts'
import { compileStage, type Stage } from './stage.ts'
import type { SharedMemory, StageSpec, StageTask, StageTaskReply, StageTaskResult } from './stage-task.ts'

/** Stages that one worker keeps; a reload makes new ones, and the oldest go. */
const stagesMax = 64

/** The worker's side of the stage pool: a function from a task to its reply, for Piscina to call. */
export function stageWorker(components: ComponentRegistry): (task: StageTask) => Promise<unknown> {
  const stages = new Map<number, Stage>()
  return async task => {
    let stage = stages.get(task.stageId)
    if (stage === undefined) {
      stage = await buildStage(task, components)
      stages.set(task.stageId, stage)
      const [oldest] = stages.keys()
      if (stages.size > stagesMax && oldest !== undefined) stages.delete(oldest)
    }
    const reply = runTask(stage, task)
    return move({ [transferableSymbol]: [reply.bytes], [valueSymbol]: reply })
  }
}

async function buildStage({ spec, shared }: StageTask, components: ComponentRegistry): Promise<Stage> {
  const { signal, parts } = deserialize(new Uint8Array(spec).slice()) as StageSpec
  const processors = parts.map(async ({ type, config, context }, i) => {
    const factory = await components.load('processor', type)
    if (factory?.form !== 'stateless') throw new Error(`no stateless processor is called ${type}`)
    return factory.createStage(fromPortable(config), signal, withShared(context, shared[i]))
  })
  return compileStage(await Promise.all(processors), signal)
}

function withShared(context: unknown, shared: SharedMemory | undefined): unknown {
  if (shared === undefined || Object.keys(shared).length === 0) return context
  return { ...(context as Readonly<Record<string, unknown>>), ...shared }
}

/** Exported for the test that compares it with the main thread's own run. */
function runTask(stage: Stage, task: StageTask): StageTaskReply {
  const changed: Uint8Array[] = []
  let offset = 0
  const results = task.requests.map(({ byteLength, itemCount, metadata, hasPlainSpans }): StageTaskResult => {
    const bytes = new Uint8Array(task.bytes, offset, byteLength)
    offset += byteLength
    try {
      const result = stage.run(bytes, itemCount, metadata, hasPlainSpans ? new PlainSpans(bytes) : undefined)
      const isSame = result.bytes === bytes
      if (!isSame) changed.push(result.bytes)
      return {
        kind: 'done',
        byteLength: isSame ? undefined : result.bytes.length,
        itemCount: result.itemCount,
        counts: result.counts,
      }
    } catch (error) {
      if (error instanceof WireError) return { kind: 'malformed', message: error.message, reason: error.reason }
      return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
    }
  })
  return { bytes: joined(changed), results }
}

function joined(parts: readonly Uint8Array[]): ArrayBuffer {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes.buffer
}
