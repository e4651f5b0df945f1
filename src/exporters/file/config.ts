import {
  bool,
  type ConfigOf,
  defineConfig,
  duration,
  oneOf,
  optional,
  section,
  string,
  uint,
} from '../../config/declare.ts'
import { compressionParamsConfig } from '../../config/sections/compression-params.ts'
import { queueShape } from '../../config/sections/exporter-queue.ts'

const rotationConfig = defineConfig({
  maxMegabytes: uint('max_megabytes', 100, 'Size at which a file is put aside.', { min: 1 }),
  maxDays: uint('max_days', 0, 'Files put aside longer ago than this are deleted; 0 means never.'),
  maxBackups: uint('max_backups', 100, 'Most files that are put aside; 0 means no limit.'),
  usesLocalTime: bool('localtime', false, 'Names of files put aside carry local time, not UTC.'),
})
export type RotationConfig = ConfigOf<typeof rotationConfig>

const groupByConfig = defineConfig({
  enabled: bool('enabled', false, 'Write a file for each value of a resource attribute; folders are created.'),
  resourceAttribute: string(
    'resource_attribute',
    'fileexporter.path_segment',
    'The attribute; its text stands for the * of path. Items without it are dropped and counted.',
  ),
  maxOpenFiles: uint('max_open_files', 100, 'Most files open at once; the one unused longest gives way.', { min: 1 }),
})

/** The Collector's keys and defaults. */
export const fileConfig = defineConfig(
  {
    path: string('path', '', 'File to write.', { required: true }),
    append: bool('append', false, 'Keep what is in the file; without rotation only.'),
    rotation: optional('rotation', rotationConfig, 'Put the file aside when it is large.', { nullIsOff: true }),
    format: oneOf(
      'format',
      ['json', 'proto'],
      'json',
      'One OTLP request to a line as JSON, or protobuf with its length before it.',
    ),
    encoding: string('encoding', '', 'Id of an encoding extension; none is available here.'),
    compression: oneOf('compression', ['', 'zstd'], '', 'Codec of each record, which then has its length before it.'),
    compressionParams: section('compression_params', compressionParamsConfig, 'Settings of the codec.'),
    flushIntervalMs: duration('flush_interval', '1s', 'Longest time that data stays in memory; 0 writes at once.'),
    groupBy: section('group_by', groupByConfig, 'Files by resource attribute.'),
    createDirectory: bool('create_directory', false, 'Create the directory where it is missing.'),
    directoryPermissions: string('directory_permissions', '0755', 'Mode of a directory that is created, octal.'),
    ...queueShape({ enabled: false }),
  },
  (config, problems) => {
    if (config.append && config.rotation !== undefined) {
      problems.error(['append'], 'append and rotation enabled at the same time is not supported', 'keep one')
    }
    if (config.append && config.compression !== '') {
      problems.error(['append'], 'append and compression enabled at the same time is not supported', 'keep one')
    }
    if (config.encoding !== '') problems.error(['encoding'], 'there are no encoding extensions here', 'use format')
    if (!config.groupBy.enabled) return
    if (config.path.split('*').length !== 2 || config.path.startsWith('*')) {
      problems.error(
        ['path'],
        'must contain exactly one *, and not begin with it, where group_by is enabled',
        'write /data/*.json: the * is the value of the resource attribute',
      )
    }
    if (config.groupBy.resourceAttribute === '') {
      problems.error(
        ['group_by', 'resource_attribute'],
        'must not be empty',
        'name the attribute, or leave the key out',
      )
    }
  },
)
export type FileConfig = ConfigOf<typeof fileConfig>

/** Whether records end with a line; otherwise each has its length before it. */
export function hasLines({ format, compression }: Pick<FileConfig, 'format' | 'compression'>): boolean {
  return format === 'json' && compression === ''
}
