export const noParts: readonly Uint8Array[] = Object.freeze([])
export const noBytes: Uint8Array = new Uint8Array(0)
