import { ByteRange } from './byte-range.ts'

/** Who wrote a v1 annotation. */
export class V1Endpoint {
  readonly serviceName = new ByteRange()
  readonly ipv4 = new ByteRange()
  readonly ipv6 = new ByteRange()
  port = 0
  isSet = false

  clear(): void {
    this.serviceName.clear()
    this.ipv4.clear()
    this.ipv6.clear()
    this.port = 0
    this.isSet = false
  }

  copy(other: V1Endpoint): void {
    this.serviceName.copy(other.serviceName)
    this.ipv4.copy(other.ipv4)
    this.ipv6.copy(other.ipv6)
    this.port = other.port
    this.isSet = true
  }
}
