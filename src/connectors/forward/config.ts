import { defineConfig } from '../../config/declare.ts'

export const forwardConfig = defineConfig({})
