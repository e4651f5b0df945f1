/** Wire types of protobuf. Source: https://protobuf.dev/programming-guides/encoding/#structure */
export const wireVarint = 0
export const wireFixed64 = 1
export const wireBytes = 2
export const wireGroupStart = 3
export const wireGroupEnd = 4
export const wireFixed32 = 5
