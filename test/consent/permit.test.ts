import { describe, expect, it } from 'vitest'
import { decideDeepest, type Permit, spendPermit } from '../../src/consent/decide.ts'
import { sealUpdate } from '../../src/relay/envelope.ts'
import { aino, ask, consent, deny, info, now, ownForm, permit, policy, request, team } from './build.ts'

const genuine = (): Permit => {
  const decision = ask([consent(permit())])
  if (decision.outcome === 'deny') throw new Error('expected a permit')
  return decision.permit
}
const frozen = { contentType: 'text/plain', body: 'x' }

describe('a permit', () => {
  it('is good for exactly one disclosure', () => {
    const one = genuine()
    spendPermit(one)
    expect(() => spendPermit(one)).toThrow('permit is not genuine or was used before')
  })
  it('cannot be copied, imitated or wrapped', () => {
    const one = genuine()
    for (const forged of [
      { ...one },
      structuredClone(one),
      Object.create(one),
      new Proxy(one, {}),
      {},
      null,
      undefined,
    ]) {
      expect(() => spendPermit(forged)).toThrow('permit is not genuine')
    }
    expect(() => spendPermit(one)).not.toThrow()
  })
  it('cannot be changed after it was given', () => {
    const one = genuine()
    expect(Object.isFrozen(one)).toBe(true)
    expect(() => Object.assign(one, { recipient: [] })).toThrow(TypeError)
  })
  it('is not given out with a denial', () => {
    expect(ask([consent(deny())])).not.toHaveProperty('permit')
    expect(ask([])).not.toHaveProperty('permit')
  })
  it('says for whom, about whom and what', () => {
    expect(genuine()).toMatchObject({
      client: [aino],
      recipient: [team],
      information: { category: 'medication', level: 'effect' },
    })
  })
  it('seals one envelope only', () => {
    const one = genuine()
    const named = { id: 'id', ...frozen }
    expect(sealUpdate(one, 'aino', named)).toMatchObject(named)
    expect(() => sealUpdate(one, 'aino', named)).toThrow('used before')
    expect(() => sealUpdate(genuine(), 'somebody-else', named)).toThrow('another client')
  })
})

describe('the deepest level permitted', () => {
  const deepest = (...consents: Parameters<typeof decideDeepest>[2]) => {
    const decision = decideDeepest(request(), 'medication', consents, now, policy)
    return decision.outcome === 'permit' ? decision.permit.information?.level : decision.record.reason
  }
  it('is found from deep to shallow', () => {
    expect(deepest(ownForm(permit({ codes: [info('medication.detail')] })))).toBe('detail')
    expect(deepest(ownForm(permit({ codes: [info('medication.effect')] })))).toBe('effect')
    expect(deepest(ownForm(permit({ codes: [info('medication')] })))).toBe('change')
    expect(deepest(consent(permit()))).toBe('detail')
  })
  it('stops at a denial of something deeper', () => {
    expect(deepest(consent(permit({}, deny({ codes: [info('medication.detail')] }))))).toBe('effect')
    expect(deepest(consent(permit()), consent(deny({ codes: [info('medication.effect')] })))).toBe('change')
    expect(deepest(consent(permit()), consent(deny({ codes: [info('medication.change')] })))).toBe('denied')
  })
  it('gives the reason for the shallowest level when none is permitted', () => {
    expect(deepest()).toBe('no-applicable-consent')
    expect(deepest(consent(deny({ codes: [info('medication.detail')] })))).toBe('no-applicable-consent')
    expect(deepest(consent(deny({ codes: [info('medication')] })))).toBe('denied')
  })
  it('a category without levels is one level', () => {
    const decision = decideDeepest(request(), 'identity', [consent(permit({ codes: [info('identity')] }))], now, policy)
    expect(decision).toMatchObject({ permit: { information: { category: 'identity', level: undefined } } })
  })
})
