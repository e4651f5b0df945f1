import type { Editors } from '../../processor-helper/ottl-editor.ts'

/** Editors that only metrics have. */
export const metricEditors: Editors = {}
