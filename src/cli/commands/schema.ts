import { configSchema } from '../../config/json-schema.ts'
import { loadAll } from '../../config/load-components.ts'
import type { CommandSpec } from '../command.ts'

export const schemaCommand: CommandSpec = {
  name: 'schema',
  summary: 'Print the JSON Schema of the configuration, for editors',
  description:
    'Prints a JSON Schema (draft 07) with every key, its type, default and meaning. An editor with the YAML language server completes and checks a file whose first line is: # yaml-language-server: $schema=sluice.schema.json',
  options: [{ name: 'modeline', doc: 'Print only the line that ties a file to the schema.' }],
  examples: [['sluice schema > sluice.schema.json', 'Beside the configuration; put the modeline at its top.']],
  async run({ world, args }) {
    if (args.has('modeline')) world.stdout.write('# yaml-language-server: $schema=sluice.schema.json\n')
    else world.stdout.write(`${JSON.stringify(configSchema(await loadAll(world.components)), undefined, 2)}\n`)
    return 0
  },
}
