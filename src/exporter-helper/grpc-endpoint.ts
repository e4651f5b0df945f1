/** What `endpoint` of a gRPC client says: `http://` and `https://` decide about TLS, whatever `tls.insecure` says. */
export function parseEndpoint(endpoint: string, isInsecure: boolean): { target: string; isSecure: boolean } {
  const scheme = /^https?:\/\//i.exec(endpoint)?.[0] ?? ''
  const isSecure = scheme === '' ? !isInsecure : /^https/i.test(scheme)
  return { target: endpoint.slice(scheme.length), isSecure }
}
