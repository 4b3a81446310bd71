import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type Config, loadConfig } from '../src/config.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ips-config-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const hospital = {
  id: 'hospital',
  kind: 'care-organisation',
  name: 'Hospital',
  identifiers: [{ system: 'urn:oid:1.2.3', value: '1' }],
  purposes: ['care-coordination', 'treatment'],
}
const team = {
  id: 'team',
  kind: 'ips-team',
  name: 'Team',
  identifiers: [{ system: 'urn:oid:1.2.3', value: '2' }],
  purposes: ['employment-support'],
}
const development = { instance: 'development', baseUrl: 'http://127.0.0.1:8080', parties: [hospital, team] }

const load = (content: unknown, environment: Record<string, string> = {}): Config => {
  const file = join(directory, 'config.yaml')
  writeFileSync(file, typeof content === 'string' ? content : stringify(content))
  return loadConfig({ file, environment: { IPS_DATA: join(directory, 'data'), ...environment } })
}
const refusal = (content: unknown, environment: Record<string, string> = {}): string => {
  try {
    load(content, environment)
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError', code: 'config-invalid' })
    expect((error as Error).message).toContain(join(directory, 'config.yaml'))
    return (error as Error).message
  }
  throw new Error('the configuration was accepted')
}
const withHospital = (changes: Record<string, unknown>) => ({
  ...development,
  parties: [{ ...hospital, ...changes }, team],
})
const dataFile = (name: string): string => join(directory, 'data', name)
const putFile = (name: string, content: string | Uint8Array): void => {
  mkdirSync(join(dataFile(name), '..'), { recursive: true })
  writeFileSync(dataFile(name), content)
}
const webhook = { id: 'hook', channel: 'webhook', url: 'https://coach.example.fi/hooks', secretFile: 'hook.secret' }
const modeOf = (name: string): number => statSync(dataFile(name)).mode & 0o777

describe('a configuration', () => {
  it('with only what must be said gets the documented defaults', () => {
    expect(load(development)).toMatchObject({
      instance: 'development',
      host: '127.0.0.1',
      port: 8080,
      zone: 'Europe/Helsinki',
      policyVersion: '1',
      store: { kind: 'pglite', directory: dataFile('pglite') },
      clientLinking: ['urn:oid:1.2.246.21'],
      holding: { referralDays: 90 },
      outbound: { allowHttp: false, allowPrivate: [] },
      relay: {
        leaseSeconds: 30,
        pollMilliseconds: 1000,
        deliveryTimeoutSeconds: 10,
        workers: 1,
        retrySeconds: [5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
      },
    })
  })

  it('is frozen to the last party', () => {
    const config = load(withHospital({ labels: { confidentiality: 'R', sensitivity: ['PSY'] } }))
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.relay)).toBe(true)
    expect(Object.isFrozen(config.parties.all)).toBe(true)
    expect(Object.isFrozen(config.parties.byId('hospital')?.labels?.sensitivity)).toBe(true)
  })

  it('of the demonstration starts', () => {
    const config = loadConfig({ file: 'demo/config.yaml', environment: { IPS_DATA: join(directory, 'data') } })
    expect(config.parties.all.map(({ id }) => id)).toEqual([
      'hus-psychiatry',
      'ips-tampere',
      'employment-tampere',
      'client-portal',
      'operations',
    ])
    expect(config.parties.byClientId('demo-hospital-ehr')?.keys.kind).toBe('inline')
    expect(config.parties.byId('ips-tampere')?.endpoints).toMatchObject([
      { channel: 'webhook', body: 'full', language: 'fi', secrets: [expect.stringMatching(/^whsec_/)] },
      { channel: 'inbox', language: 'fi' },
    ])
  })

  it('takes port, public url, data directory and database from the environment', () => {
    const environment = {
      IPS_PORT: '0',
      IPS_BASE_URL: 'https://gateway.example.fi/',
      IPS_DATABASE_URL: 'postgres://gateway@db.example.fi/ips',
      IPS_DATA: join(directory, 'elsewhere'),
    }
    expect(load(development, environment)).toMatchObject({
      port: 0,
      baseUrl: 'https://gateway.example.fi',
      dataDirectory: join(directory, 'elsewhere'),
      store: { kind: 'postgres', url: 'postgres://gateway@db.example.fi/ips' },
    })
  })

  it('takes the database url from a file', () => {
    putFile('database.url', 'postgresql://gateway@db.example.fi/ips\n')
    const config = load({ ...development, store: { kind: 'postgres', urlFile: 'database.url' } })
    expect(config.store).toEqual({ kind: 'postgres', url: 'postgresql://gateway@db.example.fi/ips' })
  })
})

describe('a configuration is refused, saying where, for', () => {
  it.each<[string, unknown, string]>([
    ['an unknown key', { ...development, prot: 1 }, '`prot`: unknown key, allowed here: instance, baseUrl, host, port'],
    [
      'an unknown key in a section',
      { ...development, relay: { lease: 1 } },
      '`relay.lease`: unknown key, allowed here: leaseSeconds',
    ],
    [
      'an unknown key of a party',
      withHospital({ naem: 'x' }),
      '`parties[0].naem`: unknown key, allowed here: id, kind',
    ],
    [
      'an unknown key of an endpoint',
      withHospital({ endpoints: [{ id: 'i', channel: 'inbox', url: 'x' }] }),
      '`parties[0].endpoints[0].url`: unknown key, allowed here: id, channel, language',
    ],
    [
      'an employer',
      withHospital({ kind: 'employer' }),
      '`parties[0].kind`: an employer cannot be a party: nothing is ever sent',
    ],
    ['no parties', { ...development, parties: [] }, '`parties`'],
    ['a zone that does not exist', { ...development, zone: 'Europe/Tampere' }, '`zone`: expected an IANA time zone'],
    ['an offset for a zone', { ...development, zone: '+02:00' }, '`zone`: expected an IANA time zone'],
    [
      'a delivery longer than its lease',
      { ...development, relay: { leaseSeconds: 10 } },
      '`relay.deliveryTimeoutSeconds`: must be shorter',
    ],
    [
      'an unknown purpose',
      withHospital({ purposes: ['coaching'] }),
      '`parties[0].purposes[0]`: expected one of employment-support',
    ],
    ['no purpose', withHospital({ purposes: [] }), '`parties[0].purposes[0]`: expected one of employment-support'],
    [
      'unemployment-security control',
      withHospital({ purposes: ['treatment', 'unemployment-security-control'] }),
      '`parties[0].purposes[1]`: refused: no consent and no configuration permits',
    ],
    [
      'break-glass',
      withHospital({ purposes: ['break-glass'] }),
      '`parties[0].purposes[0]`: refused: this gateway is not an emergency channel',
    ],
    [
      'treatment in an employment service',
      withHospital({ kind: 'employment-service' }),
      '`parties[0].purposes`: a party of kind employment-service',
    ],
    [
      'treatment in a housing service',
      withHospital({ kind: 'housing-service' }),
      '`parties[0].purposes`: a party of kind housing-service',
    ],
    [
      'treatment in a client portal',
      withHospital({ kind: 'client-portal' }),
      '`parties[0].purposes`: a party of kind client-portal',
    ],
    ['no identifier', withHospital({ identifiers: [] }), '`parties[0].identifiers`'],
    [
      'a scope out of order',
      withHospital({ scopes: ['system/Task.sr'] }),
      '`parties[0].scopes[0]`: expected SMART version 2',
    ],
    [
      'a scope to write every type',
      withHospital({ scopes: ['system/*.cruds'] }),
      '`parties[0].scopes[0]`: expected SMART version 2',
    ],
    [
      'a version 1 scope',
      withHospital({ scopes: ['system/Task.read'] }),
      '`parties[0].scopes[0]`: expected SMART version 2',
    ],
    [
      'two parties of one id',
      { ...development, parties: [hospital, { ...team, id: 'hospital' }] },
      '`parties[1]`: party id `hospital` is used twice',
    ],
    [
      'two parties of one identifier',
      { ...development, parties: [hospital, { ...team, identifiers: hospital.identifiers }] },
      '`parties[1]`: identifier `urn:oid:1.2.3|1` is used twice',
    ],
    [
      'two parties of one client id',
      {
        ...development,
        parties: [hospital, team].map((party) => ({ ...party, clientId: 'ehr', jwksUrl: 'https://x.example/jwks' })),
      },
      '`parties[1]`: clientId `ehr` is used twice',
    ],
    [
      'two endpoints of one id',
      {
        ...development,
        parties: [hospital, team].map((party) => ({ ...party, endpoints: [{ id: 'inbox', channel: 'inbox' }] })),
      },
      '`parties[1]`: endpoint id `inbox` is used twice',
    ],
    ['a client id nobody can use', withHospital({ clientId: 'ehr' }), '`parties[0]`: clientId needs one of'],
    [
      'a webhook without https',
      withHospital({ endpoints: [{ ...webhook, url: 'http://coach.example.fi' }] }),
      '`parties[0].endpoints[0].url`: needs https',
    ],
    [
      'a webhook without secret',
      withHospital({ endpoints: [{ ...webhook, secretFile: undefined }] }),
      '`parties[0].endpoints[0]`: expected either',
    ],
    [
      'a membership that ends before it begins',
      withHospital({
        members: [{ identifier: hospital.identifiers[0], name: 'K', from: '2024-03-02', until: '2024-03-01' }],
      }),
      '`parties[0].members[0]`: ends before',
    ],
    ['an empty file', '', 'expected object'],
  ])('%s', (_what, content, expected) => {
    expect(refusal(content)).toContain(expected)
    expect(existsSync(join(directory, 'data'))).toBe(false)
  })

  it('a file that is not there', () => {
    expect(() => loadConfig({ file: join(directory, 'none.yaml'), environment: {} })).toThrow('cannot be read')
  })

  it('wrong values in the environment', () => {
    const message = refusal(development, { IPS_PORT: '80.5', IPS_BASE_URL: 'gateway', IPS_DATABASE_URL: 'mysql://x' })
    expect(message).toContain('`IPS_PORT`')
    expect(message).toContain('`IPS_BASE_URL`')
    expect(message).toContain('`IPS_DATABASE_URL`')
  })

  it('a demonstration in production', () => {
    expect(refusal({ ...development, instance: 'demo' }, { NODE_ENV: 'production' })).toContain(
      '`instance`: a demo configuration refuses to run with NODE_ENV=production',
    )
  })

  it('everything that production must not do, at once', () => {
    const message = refusal({
      ...development,
      instance: 'production',
      outbound: { allowHttp: true, allowPrivate: ['127.0.0.1:80'] },
    })
    for (const key of ['baseUrl', 'store', 'outbound.allowHttp', 'outbound.allowPrivate']) {
      expect(message).toContain(`\`${key}\``)
    }
  })
})

describe('keys and secrets', () => {
  const withKeys = withHospital({ clientId: 'ehr', jwksFile: 'keys/ehr.json', endpoints: [webhook] })
  const production = { ...withKeys, instance: 'production', baseUrl: 'https://gateway.example.fi' }
  const database = { IPS_DATABASE_URL: 'postgres://gateway@db.example.fi/ips' }

  it('are made when they are missing, readable by their owner only, and kept', () => {
    const first = load(withKeys)
    const names = [
      'secrets/token.key',
      'secrets/pseudonym.key',
      'keys/ehr.json',
      'keys/ehr.private.json',
      'hook.secret',
    ]
    expect(names.map(modeOf)).toEqual(names.map(() => 0o600))
    const key = JSON.parse(readFileSync(dataFile('keys/ehr.private.json'), 'utf8')) as Record<string, string>
    expect(key).toMatchObject({ kty: 'EC', crv: 'P-384', alg: 'ES384', d: expect.any(String) })
    expect(first.parties.byId('hospital')?.keys).toMatchObject({
      kind: 'inline',
      jwks: { keys: [{ kid: key['kid'] }] },
    })
    expect(JSON.stringify(first.parties.all)).not.toContain(key['d'])
    expect(load(withKeys).secrets).toEqual(first.secrets)
    expect(load(withKeys).parties.all).toEqual(first.parties.all)
  })

  it('are never made in production', () => {
    expect(refusal(production, database)).toContain('token.key` does not exist')
    expect(existsSync(join(directory, 'data'))).toBe(false)
  })

  it('are read in production', () => {
    load(withKeys)
    expect(load(production, database).secrets.tokenKey).toHaveLength(32)
  })

  it('that are too short or the same are refused', () => {
    putFile('secrets/token.key', new Uint8Array(31))
    expect(refusal(development)).toContain('fewer than 32 bytes')
    putFile('secrets/token.key', new Uint8Array(32))
    putFile('secrets/pseudonym.key', new Uint8Array(32))
    expect(refusal(development)).toContain('the two keys must differ')
  })

  it('of several files serve one webhook while one replaces the other', () => {
    const [first, second] = [24, 64].map((size) => `whsec_${Buffer.alloc(size, 1).toString('base64')}`)
    putFile('a.secret', `${first}\n`)
    putFile('b.secret', second!)
    const config = load(
      withHospital({ endpoints: [{ ...webhook, secretFile: undefined, secretFiles: ['a.secret', 'b.secret'] }] }),
    )
    expect(config.parties.byId('hospital')?.endpoints).toMatchObject([{ secrets: [first, second] }])
  })

  it('of which a private key was registered as the public one are refused', () => {
    load(withKeys)
    putFile(
      'keys/ehr.json',
      JSON.stringify({ keys: [JSON.parse(readFileSync(dataFile('keys/ehr.private.json'), 'utf8'))] }),
    )
    expect(refusal(withKeys)).toContain('holds a private key')
  })

  it.each<[string, () => string]>([
    [
      'written instead of a file name',
      () => refusal(withHospital({ endpoints: [{ ...webhook, secretFile: 'whsec_CANARY' }] })),
    ],
    [
      'written under a key of its own',
      () => refusal(withHospital({ endpoints: [{ ...webhook, secret: 'whsec_CANARY' }] })),
    ],
    [
      'in a database url instead of a file name',
      () => refusal({ ...development, store: { kind: 'postgres', urlFile: 'postgres://u:CANARY@db/x' } }),
    ],
    [
      'in a database url of the environment',
      () => refusal(development, { IPS_DATABASE_URL: 'postgers://u:CANARY@db/x' }),
    ],
    [
      'in a webhook url',
      () => refusal(withHospital({ endpoints: [{ ...webhook, url: 'https://u:CANARY@x.example' }] })),
    ],
    ['on a line that is not YAML', () => refusal('instance: demo\nsecret: "whsec_CANARY" "\n')],
    [
      'that is malformed',
      () => {
        putFile('hook.secret', 'CANARY')
        return refusal(withHospital({ endpoints: [webhook] }))
      },
    ],
    [
      'in a key file that is not JSON',
      () => {
        putFile('keys/ehr.json', 'CANARY')
        return refusal(withKeys)
      },
    ],
    [
      'in a private key given inline',
      () => refusal(withHospital({ clientId: 'ehr', jwks: { keys: [{ kty: 'EC', kid: 'k', d: 'CANARY' }] } })),
    ],
  ])('%s never show up in the message', (_where, attempt) => {
    expect(attempt()).not.toContain('CANARY')
  })
})
