/** Where a command's values stand: one place, all from one on, or every n-th behind one. */
interface Places {
  readonly at?: number
  readonly from?: number
  readonly every?: readonly [first: number, step: number]
}

const commands = new Map<string, Places>()
const put = (names: string, places: Places) => {
  for (const name of names.split(' ')) commands.set(name, places)
}
put('AUTH', { from: 0 })
put('APPEND GETSET LPUSHX RPUSHX SET SETNX SISMEMBER ZRANK ZREVRANK ZSCORE GEORADIUSBYMEMBER', { at: 1 })
put('HSETNX LREM LSET SETBIT SETEX PSETEX SETRANGE ZINCRBY SMOVE RESTORE', { at: 2 })
put('LINSERT', { at: 3 })
put('GEOHASH GEOPOS GEODIST LPUSH RPUSH SREM ZREM SADD', { from: 1 })
put('GEOADD', { every: [3, 3] })
put('HSET HMSET', { every: [2, 2] })
put('MSET MSETNX', { every: [1, 2] })
// The Collector knows none of these and lets their values pass.
put('HELLO ACL EVAL EVALSHA EVAL_RO FCALL FCALL_RO MIGRATE', { from: 0 })
put('XADD PUBLISH SPUBLISH PFADD JSON.SET JSON.MSET LPOS HSETEX GETEX BF.ADD TS.ADD FT.SEARCH', { from: 1 })

/** Redis and Valkey: commands and their keys stay, values become `?`. One command per line; quotes hold spaces together. */
export function sanitizeRedis(text: string): string {
  return text
    .trim()
    .split(/\n(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map(sanitizeLine)
    .join('\n')
}

function sanitizeLine(line: string): string {
  const [command = '', ...args] = line.trim().match(/(?:"(?:\\.|[^"\\])*"?|\\.|[^\s"\\])+/g) ?? []
  if (args.length === 0) return command
  return `${command} ${withoutValues(command.toUpperCase(), args).join(' ')}`
}

function withoutValues(command: string, args: readonly string[]): readonly string[] {
  if (command === 'CONFIG') return /^set$/i.test(args[0]!) ? maskAt(args, 2) : args
  if (command === 'BITFIELD') return maskAt(args, args.findIndex(arg => /^set$/i.test(arg)) + 3, /^set$/i)
  if (command === 'ZADD') {
    const first = args.findIndex((arg, i) => i > 0 && !/^(nx|xx|gt|lt|ch|incr)$/i.test(arg))
    return first < 0 ? args : maskEvery(args, first + 1, 2)
  }
  const places = commands.get(command)
  if (places === undefined) return args
  if (places.at !== undefined) return maskAt(args, places.at)
  if (places.every !== undefined) return maskEvery(args, ...places.every)
  return args.length > places.from! ? [...args.slice(0, places.from), '?'] : args
}

const maskAt = (args: readonly string[], place: number, needed?: RegExp) =>
  needed !== undefined && !args.some(arg => needed.test(arg)) ? args : args.map((arg, i) => (i === place ? '?' : arg))

const maskEvery = (args: readonly string[], first: number, step: number) =>
  args.map((arg, i) => (i >= first && (i - first) % step === 0 ? '?' : arg))

/** Memcached: the command line stays, the value behind it goes. */
export function sanitizeMemcached(text: string): string {
  return text.split('\r\n', 1)[0]!.trim()
}
