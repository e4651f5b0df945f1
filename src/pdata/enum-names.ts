const severities = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap(level =>
  ['', 2, 3, 4].map(rank => `SEVERITY_NUMBER_${level}${rank}`),
)

/** Names in the order of their numbers, by the field that holds them: no two enums of OTLP share a field name. */
const namesByField: Readonly<Record<string, readonly string[]>> = {
  kind: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(name => `SPAN_KIND_${name}`),
  code: ['UNSET', 'OK', 'ERROR'].map(name => `STATUS_CODE_${name}`),
  severity_number: ['SEVERITY_NUMBER_UNSPECIFIED', ...severities],
  aggregation_temporality: ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map(name => `AGGREGATION_TEMPORALITY_${name}`),
}

/** The number behind an enum's name, for the field with that name in the specification; -1 where there is none. */
export function enumNumber(fieldName: string, name: string): number {
  return namesByField[fieldName]?.indexOf(name) ?? -1
}
