import { extname } from 'node:path'
import type { Shard } from '../../component/component.ts'

/** One file has one writer: the first shard writes `spans.json`, the others `spans.shard-1.json` and so on. */
export function pathOfShard(path: string, { index }: Shard): string {
  if (index === 0) return path
  const extension = extname(path)
  return `${path.slice(0, path.length - extension.length)}.shard-${index}${extension}`
}
