import { type ConfigOf, defineConfig } from '../../config/declare.ts'
import { attributeActionList } from '../../processor-helper/attribute-actions-config.ts'

export const resourceConfig = defineConfig({ attributes: attributeActionList('attributes') }, (config, problems) => {
  if (config.attributes.length === 0)
    problems.error(['attributes'], 'is empty', 'add an action, or remove the processor')
})
export type ResourceConfig = ConfigOf<typeof resourceConfig>
