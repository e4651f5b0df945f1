/** What `endpoint` of a gRPC client says: `http://` and `https://` decide about TLS, whatever `tls.insecure` says. */
export function parseEndpoint(endpoint: string, isInsecure: boolean): { target: string; isSecure: boolean } {
  if (endpoint.startsWith('https://')) return { target: endpoint.slice('https://'.length), isSecure: true }
  if (endpoint.startsWith('http://')) return { target: endpoint.slice('http://'.length), isSecure: false }
  return { target: endpoint, isSecure: !isInsecure }
}
