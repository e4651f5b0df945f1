import { bool, type ConfigOf, defineConfig, list, oneOf, string, uint } from '../../config/declare.ts'
import { queueShape } from '../../config/sections/exporter-queue.ts'

/** The Collector's keys and defaults; text goes to standard output. */
export const debugConfig = defineConfig({
  verbosity: oneOf('verbosity', ['basic', 'normal', 'detailed'], 'basic', 'How much is shown.', {
    ignoreCase: true,
  }),
  samplingInitial: uint('sampling_initial', 2, 'Requests shown in each second, whatever comes.'),
  samplingThereafter: uint('sampling_thereafter', 1, 'Beyond those, every n-th is shown; 0 means none.'),
  usesInternalLogger: bool('use_internal_logger', true, 'Read for compatibility.', {
    noEffect: 'telemetry is shown as text on output_paths, not as log lines',
  }),
  outputPaths: list(
    'output_paths',
    string('', ''),
    ['stdout'],
    'Where it goes: stdout, stderr, or files that are appended to.',
  ),
  ...queueShape({ enabled: false }),
})
export type DebugConfig = ConfigOf<typeof debugConfig>
