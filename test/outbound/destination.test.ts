import { describe, expect, it } from 'vitest'
import { judgeDestination } from '../../src/outbound/destination.ts'

const judge = (url: string, allowHttp = false, allowedHosts = ['hooks.example.fi']) => {
  const destination = judgeDestination(url, allowHttp, allowedHosts)
  return destination.outcome === 'allowed' ? destination.url.href : destination.reason
}

describe('what is judged of a URL before anything is resolved', () => {
  it.each([
    ['https://hooks.example.fi/in?a=1', 'https://hooks.example.fi/in?a=1'],
    ['https://HOOKS.example.fi/', 'https://hooks.example.fi/'],
    ['https://hooks.example.fi:443/', 'https://hooks.example.fi/'],
    ['http://hooks.example.fi/', 'not-https'],
    ['ftp://hooks.example.fi/', 'not-https'],
    ['file:///etc/passwd', 'not-https'],
    ['javascript:alert(1)', 'not-https'],
    ['https://user@hooks.example.fi/', 'credentials-in-url'],
    ['https://:secret@hooks.example.fi/', 'credentials-in-url'],
    ['https://hooks.example.fi@evil.example/', 'credentials-in-url'],
    ['https://hooks.example.fi:8443/', 'host-not-allowed'],
    ['https://hooks.example.fi.evil.example/', 'host-not-allowed'],
    ['https://evil.example/hooks.example.fi', 'host-not-allowed'],
    [String.raw`https://evil.example\@hooks.example.fi/`, 'host-not-allowed'],
    ['https://hooks.example.fi./', 'bad-url'],
    ['https://', 'bad-url'],
    ['/relative', 'bad-url'],
    ['https://[::1', 'bad-url'],
    ['https://256.1.1.1/', 'bad-url'],
    ['https://hooks.example.fi:99999/', 'bad-url'],
  ])('%s gives %s', (url, expected) => {
    expect(judge(url)).toBe(expected)
  })

  it('takes http where the policy allows it, and still no other scheme', () => {
    expect(judge('http://hooks.example.fi/', true)).toBe('http://hooks.example.fi/')
    expect(judge('ws://hooks.example.fi/', true)).toBe('not-https')
  })

  it('a bare host in the list opens the default port only, a host with a port that port only', () => {
    expect(judge('https://a.example:8443/', false, ['A.example:8443'])).toBe('https://a.example:8443/')
    expect(judge('https://a.example/', false, ['a.example:443'])).toBe('https://a.example/')
    expect(judge('https://a.example/', false, ['a.example:8443'])).toBe('host-not-allowed')
    expect(judge('http://a.example/', true, ['a.example:443'])).toBe('host-not-allowed')
  })

  it('an empty list opens nothing', () => {
    expect(judge('https://hooks.example.fi/', false, [])).toBe('host-not-allowed')
  })
})
