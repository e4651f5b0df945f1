/** The nanoseconds in the eight bytes at `start` as milliseconds, exact to the microsecond. */
export function readMilliseconds(bytes: Uint8Array, start: number): number {
  const low = bytes[start]! + bytes[start + 1]! * 0x100 + bytes[start + 2]! * 0x10000 + bytes[start + 3]! * 0x1000000
  const high =
    bytes[start + 4]! + bytes[start + 5]! * 0x100 + bytes[start + 6]! * 0x10000 + bytes[start + 7]! * 0x1000000
  return (high * 0x1_0000_0000 + low) / 1e6
}
