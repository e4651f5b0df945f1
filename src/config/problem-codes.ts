/** Every code that a diagnostic can carry, with the text of `sluice explain <code>`. Codes are never reused. */
export const problemCodes = {
  SLC0101: [
    'The file is not valid YAML',
    'The text cannot be read as YAML at all. Indent with spaces, keep brackets and quotes in pairs, and put a space after each colon.',
  ],
  SLC0102: [
    'Unknown key',
    'The section has no such key. Keys are case-sensitive. A key that belongs elsewhere is often indented wrongly.',
  ],
  SLC0103: [
    'Wrong type of value',
    'The key takes another kind of value. Numbers and booleans are never made of text: write them without quotes. Text that looks like a number needs quotes.',
  ],
  SLC0104: [
    'Value is not one of the allowed ones',
    'The key takes one of a fixed set of words, spelled exactly as listed.',
  ],
  SLC0105: ['Value out of range', 'The value is below the smallest or above the largest that the key takes.'],
  SLC0106: ['Required key is missing', 'The component cannot work without this key.'],
  SLC0107: [
    'Key written twice',
    'One map holds the same key twice; only one can count, so neither does. Merge the two.',
  ],
  SLC0108: [
    'Not a duration',
    'Durations are a number and a unit, in sequence: 300ms, 1.5h, 2h45m. Units: ns, us, ms, s, m, h. There is no unit for days: write 24h.',
  ],
  SLC0109: [
    'Key without a value',
    'A key with nothing behind the colon is set to its zero value (0, false, empty text), not to its default, exactly as in the Collector. Remove the key to get the default.',
  ],
  SLC0110: ['Settings do not fit together', 'Each value is fine by itself, but not in combination with the others.'],
  SLC0111: ['Deprecated key', 'The key still works and has a successor.'],
  SLC0112: ['Key without effect', 'The key is accepted so that the file runs, but it changes nothing here.'],
  SLC0113: [
    'Missing space after a colon',
    'YAML needs a space between the colon and the value; without it the whole is one text.',
  ],
  SLC0114: ['Tab used for indentation', 'YAML forbids tabs in front of a key. Use spaces.'],
  SLC0115: ['Duration without unit', 'A bare number is taken as nanoseconds, as in the Collector. Add the unit: 5s.'],
  SLC0116: [
    'The configuration is too large',
    'A source is larger, deeper or expands to more values than the limit; this guards against alias bombs.',
  ],
  SLC0117: [
    'More than one YAML document',
    'Only the first document of a source is read; what follows the line --- is ignored.',
  ],
  SLC0118: ['Undefined anchor', 'An alias (*name) needs an anchor (&name) earlier in the same source.'],
  SLC0119: ['Old spelling of a key', 'The key was renamed; the old name still works.'],
  SLC0201: [
    'Source cannot be read',
    'A --config value names something that cannot be read: a file, a directory, a variable or a URL.',
  ],
  SLC0202: [
    'Empty configuration',
    'All sources together hold nothing. Give at least receivers, exporters and service.pipelines.',
  ],
  SLC0203: [
    'Bad name of an environment variable',
    'A variable name has letters, digits and underscores and starts with no digit. ${1} in a regular expression replacement must be written $${1}.',
  ],
  SLC0204: [
    'Environment variable is not set',
    'The value is empty. Set the variable, or give a default: ${env:NAME:-default}.',
  ],
  SLC0205: [
    'Bad placeholder',
    'Placeholders are ${env:NAME}, ${env:NAME:-default}, ${NAME}, ${file:path}, ${yaml:text}, ${http:...} and ${https:...}. A literal dollar sign before a brace is written $$.',
  ],
  SLC0206: ['Too many nested placeholders', 'A placeholder expands to itself, or they nest too deep.'],
  SLC0207: [
    '$NAME is not expanded',
    'Only the form with braces is a placeholder, as in the Collector since v0.104: ${env:NAME}. For a literal dollar sign write $$.',
  ],
  SLC0208: ['File of a placeholder cannot be read', 'The file behind ${file:...} is missing or not readable.'],
  SLC0209: ['Bad --set', 'Write --set a.b=value; dots separate the keys.'],
  SLC0210: [
    'File of a placeholder ends in a newline',
    'The newline is part of the value, as in the Collector. Write the file without it (printf, echo -n) if the value is a token or password.',
  ],
  SLC0211: [
    'Empty value from a placeholder',
    'A number, boolean or duration cannot be made of an empty value. The Collector takes 0 here; that hides mistakes.',
  ],
  SLC0212: [
    'Later placeholders stay literal',
    'After an escaped dollar sign the Collector stops expanding the rest of that text, and so does Sluice.',
  ],
  SLC0213: ['Placeholder in a key', 'Placeholders work in values only.'],
  SLC0301: ['Unknown component', 'Sluice has no component of this type. --allow-missing runs the rest of the file.'],
  SLC0302: [
    'Bad component id',
    'An id is type or type/name. The type starts with a letter and has letters, digits and underscores; the name has no spaces and symbols.',
  ],
  SLC0303: ['Component defined twice', 'Two ids are equal once spaces around them are removed.'],
  SLC0304: ['Renamed component', 'The component has a new name; the old one still works.'],
  SLC0305: [
    'Reference to something undefined',
    'A pipeline or a component names a component that the file does not define.',
  ],
  SLC0306: [
    'Component is not used',
    'It is defined but no pipeline (or service.extensions) names it, so it is never created.',
  ],
  SLC0307: ['Wrong signal', 'The component does not work with the signal of this pipeline.'],
  SLC0308: [
    'Incomplete pipeline',
    'A pipeline needs at least one receiver and one exporter; connectors count as either.',
  ],
  SLC0309: ['Nothing to run', 'The configuration needs service.pipelines with at least one pipeline.'],
  SLC0310: [
    'Connector used on one side only',
    'A connector ends one pipeline (as its exporter) and begins another (as its receiver).',
  ],
  SLC0311: ['Pipelines form a cycle', 'Data would run round through connectors for ever.'],
  SLC0312: [
    'Ambiguous id',
    'A connector shares its id with a receiver or an exporter; a pipeline that names it could mean either. Rename one.',
  ],
  SLC0313: [
    'Processor named twice in one pipeline',
    'A processor stands at one place of a pipeline. Define a second one as type/name.',
  ],
  SLC0314: ['Address used twice', 'Two components listen on the same address and port.'],
  SLC0315: ['Removed component', 'The Collector had this component once; something else does its work today.'],
  SLC0316: [
    'Bad pipeline id',
    'A pipeline id is traces, metrics, logs or profiles, with an optional name: traces/backend.',
  ],
  SLC0317: ['Component named in the wrong list', 'The id exists, but as another kind of component.'],
  SLC0318: ['Unknown feature gate', 'Sluice has no such gate; it is ignored.'],
  SLC0319: ['Same component named twice', 'The list holds the same id twice.'],
  SLC0320: [
    'Component cannot run in shards',
    'With service.shards, connections are spread over several processes that know nothing of each other. A component that must see everything in one place cannot work there.',
  ],
  SLC0401: ['Address cannot be used', 'validate --env tried to listen on it, as run would.'],
  SLC0402: ['File cannot be used', 'validate --env tried to read it, as run would.'],
  SLC0403: [
    'Component cannot be built',
    'The configuration reads well, but a component refuses it when it is created.',
  ],
} as const satisfies Readonly<Record<string, readonly [title: string, text: string]>>

export type ProblemCode = keyof typeof problemCodes
