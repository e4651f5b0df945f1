import { defineConfig, int } from '../declare.ts'

export const compressionParamsConfig = defineConfig({
  level: int('level', 0, 'Level of the codec; 0 means its default.'),
})
