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
  },
  (config, problems) => {
    if (config.include.length === 0) {
      problems.error(['include'], 'needs at least one file', 'write include: [/path/to/*.json]')
    }
  },
)
export type OtlpJsonFileConfig = ConfigOf<typeof otlpJsonFileConfig>
