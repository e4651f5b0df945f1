import { bool, type ConfigOf, defineConfig, duration, list, oneOf, string } from '../../config/declare.ts'

/** The Collector's keys as far as they concern files of OTLP/JSON. */
export const otlpJsonFileConfig = defineConfig(
  {
    include: list(
      'include',
      string('', ''),
      [],
      'Files to read; `*` and `?` stand for parts of a name, `**` for folders.',
    ),
    exclude: list('exclude', string('', ''), [], 'Files not to read, of those.'),
    startAt: oneOf('start_at', ['end', 'beginning'], 'end', 'Where to begin in files that are there at the start.'),
    pollIntervalMs: duration('poll_interval', '200ms', 'Time between looks at the files.', { min: 1 }),
    replayFile: bool('replay_file', false, 'Read everything at each start, and nothing twice: for a recording.'),
    format: oneOf(
      'format',
      ['json', 'proto'],
      'json',
      'What a record is: OTLP/JSON, or protobuf with its length before it, of `signal`. Sluice only.',
    ),
    compression: oneOf(
      'compression',
      ['', 'zstd'],
      '',
      'Codec of each record, which then has its length before it. Sluice only.',
    ),
    signal: oneOf(
      'signal',
      ['', 'traces', 'metrics', 'logs'],
      '',
      'What records of protobuf are, which they do not say. Sluice only.',
    ),
  },
  (config, problems) => {
    if (config.include.length === 0) {
      problems.error(['include'], 'needs at least one file', 'write include: [/path/to/*.json]')
    }
    if (config.format === 'proto' && config.signal === '') {
      problems.error(['signal'], 'is needed for protobuf, which does not say its signal', 'write signal: traces')
    }
  },
)
export type OtlpJsonFileConfig = ConfigOf<typeof otlpJsonFileConfig>

/** Whether records are lines; otherwise each has its length before it. */
export function hasLines({ format, compression }: Pick<OtlpJsonFileConfig, 'format' | 'compression'>): boolean {
  return format === 'json' && compression === ''
}
