import { any, bool, type ConfigOf, defineConfig, duration, section, string, uint } from '../../config/declare.ts'

const noCompaction = { noEffect: 'segments that are delivered are deleted: there is nothing to compact' }

const compactionConfig = defineConfig({
  onStart: bool('on_start', false, 'Read for compatibility.', noCompaction),
  onRebound: bool('on_rebound', false, 'Read for compatibility.', noCompaction),
  directory: string('directory', '', 'Read for compatibility.', noCompaction),
  maxTransactionSize: uint('max_transaction_size', 65536, 'Read for compatibility.', noCompaction),
  reboundNeededThresholdMib: uint('rebound_needed_threshold_mib', 100, 'Read for compatibility.', noCompaction),
  reboundTriggerThresholdMib: uint('rebound_trigger_threshold_mib', 10, 'Read for compatibility.', noCompaction),
  checkIntervalMs: duration('check_interval', '5s', 'Read for compatibility.', noCompaction),
  cleanupOnStart: bool('cleanup_on_start', false, 'Read for compatibility.', noCompaction),
})

/** The Collector's keys and defaults. */
export const fileStorageConfig = defineConfig(
  {
    directory: string('directory', '/var/lib/otelcol/file_storage', 'Where the data is kept.'),
    createDirectory: bool('create_directory', false, 'Create the directory where it is missing.'),
    timeoutMs: duration('timeout', '1s', 'Read for compatibility.', {
      noEffect: 'a lock is waited for as long as it takes',
    }),
    fsync: bool(
      'fsync',
      false,
      'Acknowledge only what is on the disk itself: survives loss of power, costs a few milliseconds.',
    ),
    directoryPermissions: string('directory_permissions', '0750', 'Mode of a directory that is created, octal.', {
      validate: (value: string) => (/^0?[0-7]{3}$/.test(value) ? undefined : 'is not an octal mode such as "0750"'),
    }),
    compaction: section('compaction', compactionConfig, 'Compaction of the database files.'),
    maxSize: any('max_size', undefined, 'Read for compatibility.', {
      noEffect: 'limit a queue with sending_queue.limits.bytes instead',
    }),
    recreate: any('recreate', undefined, 'Read for compatibility.', {
      noEffect: 'damaged parts are put aside, and the rest is used',
    }),
  },
  (config, problems) => {
    if (config.directory === '') problems.error(['directory'], 'must not be empty', 'write the path of a directory')
  },
)
export type FileStorageConfig = ConfigOf<typeof fileStorageConfig>
