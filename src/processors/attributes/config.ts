import { type ConfigOf, defineConfig } from '../../config/declare.ts'
import { attributeActionList } from '../../processor-helper/attribute-actions-config.ts'
import { excludeField, includeField } from '../../processor-helper/item-match-config.ts'

export const attributesConfig = defineConfig(
  { actions: attributeActionList('actions'), include: includeField, exclude: excludeField },
  (config, problems) => {
    if (config.actions.length === 0) problems.error(['actions'], 'is empty', 'add an action, or remove the processor')
  },
)
export type AttributesConfig = ConfigOf<typeof attributesConfig>
