type Destination =
  | { readonly outcome: 'allowed'; readonly url: URL }
  | {
      readonly outcome: 'refused'
      readonly reason: 'bad-url' | 'credentials-in-url' | 'not-https' | 'host-not-allowed'
    }

/**
 * What can be judged of a URL before any name is resolved. `allowedHosts` holds `host` (the default port of the scheme
 * only, as in CSP3 §6.7.2) or `host:port`. Addresses are judged later, by the connector, on what is really connected to.
 */
export const judgeDestination = (text: string, allowHttp: boolean, allowedHosts: readonly string[]): Destination => {
  const url = URL.parse(text)
  if (url === null) return { outcome: 'refused', reason: 'bad-url' }
  if (url.username !== '' || url.password !== '') return { outcome: 'refused', reason: 'credentials-in-url' }
  if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:')) {
    return { outcome: 'refused', reason: 'not-https' }
  }
  // `localhost.` is `localhost` to a resolver and another word to every list.
  if (url.hostname.endsWith('.')) return { outcome: 'refused', reason: 'bad-url' }
  if (!isListed(url, allowedHosts)) return { outcome: 'refused', reason: 'host-not-allowed' }
  return { outcome: 'allowed', url }
}

const isListed = (url: URL, allowedHosts: readonly string[]): boolean => {
  // The parser leaves a default port out of `host`, a list may spell it.
  const withPort = url.port === '' ? `${url.host}:${url.protocol === 'https:' ? 443 : 80}` : url.host
  return allowedHosts.some((entry) => entry.toLowerCase() === url.host || entry.toLowerCase() === withPort)
}
