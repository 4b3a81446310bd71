import { describe, expect, it } from 'vitest'
import { narrowScopes, parseScope, parseScopes, requireScope, scopeText } from '../../src/gateway/scopes.ts'

const narrowed = (requested: string, allowed: string): string =>
  scopeText(narrowScopes(parseScopes(requested), parseScopes(allowed)))

describe('a scope', () => {
  it.each(['system/Task.cruds', 'system/Task.rs', 'system/ServiceRequest.c', 'system/*.rs'])('is read: %s', (word) => {
    expect(scopeText([parseScope(word)!])).toBe(word)
  })

  it.each([
    ['out of order', 'system/Task.sr'],
    ['letters twice', 'system/Task.rr'],
    ['no letters', 'system/Task.'],
    ['an unknown letter', 'system/Task.rx'],
    ['a small type name', 'system/task.rs'],
    ['of a person', 'user/Task.rs'],
    ['of a patient app', 'patient/Task.rs'],
    ['version 1 where version 2 is demanded', 'system/Task.read'],
    ['with search parameters, which would not be enforced', 'system/Observation.rs?category=vital-signs'],
    ['with a line break', 'system/Task.rs\n'],
    ['not about resources', 'openid'],
    ['nothing', ''],
  ])('that is %s means nothing here', (_why, word) => {
    expect(parseScope(word)).toBeUndefined()
  })

  it('in version 1 is understood as version 2', () => {
    expect(scopeText(parseScopes('system/Task.read system/Consent.write system/Patient.*'))).toBe(
      'system/Task.rs system/Consent.cud system/Patient.cruds',
    )
  })
})

describe('what is granted', () => {
  it.each([
    ['the same', 'system/Task.rs', 'system/Task.rs', 'system/Task.rs'],
    ['no action beyond the party’s', 'system/Task.cruds', 'system/Task.cr', 'system/Task.cr'],
    ['no action that was not asked for', 'system/Task.r', 'system/Task.cruds', 'system/Task.r'],
    ['no type beyond the party’s', 'system/Task.rs system/Consent.rs', 'system/Task.rs', 'system/Task.rs'],
    [
      'the party’s own types when every type is asked for',
      'system/*.rs',
      'system/Task.cru system/AuditEvent.rs',
      'system/AuditEvent.rs system/Task.r',
    ],
    ['the one type asked for when the party may read every type', 'system/Task.cruds', 'system/*.rs', 'system/Task.rs'],
    ['every type when both say so', 'system/*.rs', 'system/*.r', 'system/*.r'],
    ['several scopes of one type as one', 'system/Task.c system/Task.rs', 'system/Task.cru', 'system/Task.cr'],
    ['version 1 in version 2', 'system/Task.write', 'system/Task.cru', 'system/Task.cu'],
    ['nothing for other types', 'system/Consent.rs', 'system/Task.rs', ''],
    ['nothing for other actions', 'system/Task.d', 'system/Task.crus', ''],
    ['nothing for a scope with search parameters', 'system/Task.rs?status=ready', 'system/Task.rs', ''],
    ['nothing when nothing is asked for', '', 'system/Task.rs', ''],
  ])('is %s', (_why, requested, allowed, granted) => {
    expect(narrowed(requested, allowed)).toBe(granted)
  })
})

describe('a caller', () => {
  const caller = { scopes: parseScopes('system/Task.cr system/AuditEvent.rs') }

  it('may do what a scope says, with that type only', () => {
    expect(requireScope(caller, 'Task', 'c')).toBe(true)
    expect(requireScope(caller, 'Task', 's')).toBe(false)
    expect(requireScope(caller, 'AuditEvent', 's')).toBe(true)
    expect(requireScope(caller, 'AuditEvent', 'c')).toBe(false)
    expect(requireScope(caller, 'Consent', 'r')).toBe(false)
  })

  it('with a scope for every type may do it with each', () => {
    expect(requireScope({ scopes: parseScopes('system/*.rs') }, 'Consent', 'r')).toBe(true)
    expect(requireScope({ scopes: parseScopes('system/*.rs') }, 'Consent', 'u')).toBe(false)
  })

  it('without scopes may do nothing', () => {
    expect(requireScope({ scopes: [] }, 'Task', 'r')).toBe(false)
  })
})
