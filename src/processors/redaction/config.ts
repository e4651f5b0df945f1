import { defineConfig } from '../../config/declare.ts'
import { checkRedaction } from './config-check.ts'
import { redactionShape } from './config-shape.ts'

export const redactionConfig = defineConfig(redactionShape, checkRedaction)
