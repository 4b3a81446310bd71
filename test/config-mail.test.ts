import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type Config, loadConfig } from '../src/config.ts'
import { selfSigned } from './outbound/self-signed.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ips-config-mail-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const mail = { host: 'smtp.example.fi', from: 'gateway@example.fi' }
const inbox = { id: 'team-inbox', channel: 'inbox' }
const notice = { id: 'kaisa', channel: 'notice', to: 'kaisa@example.fi', language: 'sv' }
const party = (id: string, endpoints: readonly unknown[]) => ({
  id,
  kind: 'ips-team',
  name: id,
  identifiers: [{ system: 'urn:oid:1.2.3', value: id }],
  purposes: ['employment-support'],
  endpoints,
})
const configuration = (changes: object = {}, endpoints: readonly unknown[] = [inbox, notice]) => ({
  instance: 'development',
  baseUrl: 'http://127.0.0.1:8080',
  mail,
  parties: [party('team', endpoints)],
  ...changes,
})
const load = (content: unknown): Config => {
  const file = join(directory, 'config.yaml')
  writeFileSync(file, stringify(content))
  return loadConfig({ file, environment: { IPS_DATA: join(directory, 'data') } })
}
const putFile = (name: string, content: string): void => {
  mkdirSync(join(directory, 'data'), { recursive: true })
  writeFileSync(join(directory, 'data', name), content)
}

describe('a mail server', () => {
  it('needs TLS unless told otherwise, and addresses belong to an inbox', () => {
    const config = load(configuration())
    expect(config.mail).toEqual({
      ...mail,
      port: 587,
      tls: 'starttls',
      ca: undefined,
      account: undefined,
      allowPrivate: false,
      everyMinutes: 60,
    })
    expect(config.parties.byId('team')?.endpoints).toEqual([{ ...inbox, language: 'fi' }, notice])
  })

  it('takes password and certificate from files, and shows neither in a fault', () => {
    const { cert } = selfSigned('smtp.example.fi')
    putFile('smtp.password', 'wörd with blanks \n')
    putFile('authority.pem', cert)
    const given = { ...mail, user: 'gateway', passwordFile: 'smtp.password', caFile: 'authority.pem' }
    expect(load(configuration({ mail: given })).mail).toMatchObject({
      ca: cert,
      account: { user: 'gateway', password: 'wörd with blanks ' },
    })
    putFile('smtp.password', 'two\nlines')
    expect(() => load(configuration({ mail: given }))).toThrow(/`mail\.passwordFile`: .* does not hold one line/)
    putFile('smtp.password', 'fine')
    putFile('authority.pem', 'not a certificate')
    expect(() => load(configuration({ mail: given }))).toThrow(/`mail\.caFile`: .* does not hold certificates in PEM/)
  })

  it('in production may lie on a private address, by its own key', () => {
    putFile('database.url', 'postgres://gateway@db.example.fi/ips')
    for (const name of ['token.key', 'pseudonym.key']) putFile(name, name.repeat(10))
    const production = {
      instance: 'production',
      baseUrl: 'https://gateway.example.fi',
      secretsDirectory: '.',
      store: { kind: 'postgres', urlFile: 'database.url' },
      mail: { ...mail, allowPrivate: true },
    }
    expect(load(configuration(production)).mail?.allowPrivate).toBe(true)
  })

  it.each<[string, object, readonly unknown[] | undefined, string]>([
    ['an unknown key', { mail: { ...mail, secure: true } }, undefined, '`mail.secure`: unknown key'],
    [
      'an unknown key of an address',
      {},
      [inbox, { ...notice, name: 'Kaisa' }],
      '`parties[0].endpoints[1].name`: unknown',
    ],
    ['a user without a password', { mail: { ...mail, user: 'gateway' } }, undefined, '`mail`: expected both user and'],
    ['an address without a server', { mail: undefined }, undefined, '`parties[0].endpoints[1]`: needs the server'],
    ['an address without an inbox', {}, [notice], '`parties[0].endpoints[0]`: needs an inbox beside it'],
    [
      'an address that is there twice',
      {},
      [inbox, notice, { ...notice, id: 'again', to: 'Kaisa@EXAMPLE.fi' }],
      '`parties[0].endpoints[2].to`: this address is used twice',
    ],
    ['a host that is a url', { mail: { ...mail, host: 'smtp://x' } }, undefined, '`mail.host`: expected a host name'],
  ])('is refused with %s', (_what, changes, endpoints, message) => {
    expect(() => load(configuration(changes, endpoints))).toThrow(message)
  })
})

describe('an address', () => {
  it.each([
    'kaisa@example.fi\r\nBcc: all@example.fi',
    'kaisa@example.fi\n',
    'kaisa@example.fi, other@example.fi',
    'Kaisa <kaisa@example.fi>',
    '"a b"@example.fi',
    'kaisa@example.fi>',
    'kaisa@[127.0.0.1]',
    'kaisa@localhost',
    'kaisa',
    '@example.fi',
    'käisa@example.fi',
    'kaisa@exämple.fi',
    'kaisa\u0000@example.fi',
    'a..b@example.fi',
    `kaisa@${'e'.repeat(250)}.fi`,
  ])('that could be more than one plain address is refused: %j', (to) => {
    const expected = /expected one plain e-mail address|Too big|too big/
    expect(() => load(configuration({}, [inbox, { ...notice, to }]))).toThrow(expected)
    expect(() => load(configuration({ mail: { ...mail, from: to } }))).toThrow(expected)
  })
})
