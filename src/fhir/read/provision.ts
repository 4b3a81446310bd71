import type { Reference } from '@medplum/fhirtypes'
import type { Actor, Code, DataReference, Effect, PeriodOf, Provision } from '../../consent/consent-record.ts'
import { emptyProvision } from '../../consent/empty-provision.ts'
import { readPeriod } from '../../consent/period.ts'
import { type Identity, referenceIdentity } from '../../domain/identity.ts'
import { readRole } from './role.ts'
import { isJson, type Json, objectOf, objectsOf, type Problems, strangeIn, textOf } from './shape.ts'

/** All names of what a reference points to; an empty list when it cannot be resolved. */
export type NameReference = (reference: Reference) => readonly Identity[]

/**
 * A provision as the engine sees it, whatever its shape. What nobody here understands becomes `unreadable`, which
 * matches as unknown; nothing is dropped as if it were absent.
 *
 * INVARIANT (what changes a meaning may turn it round): a modifier, an unknown element or nested provisions nobody can read
 * may be an exception to a permit, and stand here as one that perhaps matches.
 */
export const readProvision = (value: unknown, zone: string, nameOf: NameReference, depth = 1): Provision => {
  const unreadable: Problems = isJson(value) ? [] : ['provision is no object']
  const json: Json = isJson(value) ? value : {}
  const strange: Problems = []
  strangeIn(json, elements, strange)
  const nested = objectsOf(json['provision'], 'provision', strange)
  if (nested.length > 0 && depth >= DEEPEST) strange.push('provision nested too deep')
  unreadable.push(...strange)
  const coded = (name: string): readonly Code[] => codedConcepts(json[name], name, unreadable)
  const codes = (name: string): readonly Code[] => codedCodings(json[name], name, unreadable)
  return {
    // First, because it may add to `unreadable`.
    type: readEffect(json, unreadable),
    period: readPeriodOf(json['period'], zone),
    actors: objectsOf(json['actor'], 'actor', unreadable).map((actor) => readActor(actor, nameOf)),
    actions: coded('action'),
    purposes: codes('purpose'),
    classes: codes('class'),
    codes: coded('code'),
    securityLabels: codes('securityLabel'),
    dataPeriod: readPeriodOf(json['dataPeriod'], zone),
    data: objectsOf(json['data'], 'data', unreadable).map(readData),
    provisions: [
      ...(depth < DEEPEST ? nested.map((child) => readProvision(child, zone, nameOf, depth + 1)) : []),
      ...(strange.length > 0 ? [{ ...emptyProvision, type: 'deny', unreadable: strange } as const] : []),
    ],
    unreadable,
  }
}

const elements: ReadonlySet<string> = new Set(
  'id extension type period actor action securityLabel purpose class code dataPeriod data provision'.split(' '),
)

/** Deeper than anybody writes by hand; what is below is unknown, and nothing here runs out of stack. */
const DEEPEST = 64

/** INVARIANT (an effect nobody can read may be a deny): an untyped provision can mean nothing, an unreadable type cannot. */
const readEffect = (json: Json, unreadable: Problems): Effect | undefined => {
  const type = json['type']
  if (type === 'permit' || type === 'deny') return type
  if (type === undefined && json['_type'] === undefined) return undefined
  unreadable.push('type is neither permit nor deny')
  return 'deny'
}

const readActor = (actor: Json, nameOf: NameReference): Actor => {
  const strange: Problems = []
  strangeIn(actor, actorElements, strange)
  const role = readRole(actor['role'])
  const names = isJson(actor['reference']) ? nameOf(referenceOf(actor['reference'])) : []
  return { role: strange.length === 0 ? role : undefined, names }
}

const actorElements: ReadonlySet<string> = new Set(['id', 'extension', 'role', 'reference'])

const readData = (json: Json): DataReference => {
  const problems: Problems = []
  strangeIn(json, dataElements, problems)
  const meaning = textOf(json, 'meaning', problems) ?? ''
  const { reference } = isJson(json['reference']) ? referenceOf(json['reference']) : {}
  const readable = reference !== undefined && problems.length === 0
  return { meaning, reference: readable ? referenceIdentity(reference) : undefined }
}

const dataElements: ReadonlySet<string> = new Set(['id', 'extension', 'meaning', 'reference'])

/** A Reference with only what is text in it. */
export const referenceOf = (json: Json): Reference => {
  const identifier = isJson(json['identifier']) ? json['identifier'] : {}
  const { system, value } = identifier
  return {
    ...(typeof json['reference'] === 'string' && { reference: json['reference'] }),
    ...(typeof system === 'string' && typeof value === 'string' && { identifier: { system, value } }),
  }
}

/** A boundary that is only an extension (such as data-absent-reason) is not "no boundary": nobody knows where it is. */
export const readPeriodOf = (value: unknown, zone: string): PeriodOf => {
  if (value === undefined) return 'unstated'
  if (!isJson(value) || '_start' in value || '_end' in value) return 'invalid'
  return readPeriod(value['start'], value['end'], zone)
}

export const codings = (list: unknown): readonly Code[] => codedCodings(list, '', [])

export const concepts = (list: unknown): readonly Code[] => codedConcepts(list, '', [])

/** A restriction given only as text or without a code must not read as "no restriction". */
const codedConcepts = (value: unknown, name: string, problems: Problems): readonly Code[] =>
  objectsOf(value, name, problems).flatMap((concept) => {
    const codes = codedCodings(concept['coding'], name, [])
    if (codes.length === 0) problems.push(`${name} without code`)
    return codes
  })

const codedCodings = (value: unknown, name: string, problems: Problems): readonly Code[] =>
  objectsOf(value, name, problems).flatMap((coding) => {
    const code = textOf(coding, 'code', [])
    if (code === undefined) problems.push(`${name} without code`)
    const system = objectOf(coding, name, problems)?.['system']
    return code === undefined ? [] : [{ system: typeof system === 'string' ? system : undefined, code }]
  })
