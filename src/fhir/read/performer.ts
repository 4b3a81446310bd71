import type { Reference } from '@medplum/fhirtypes'
import type { Performer } from '../../consent/consent-record.ts'
import { GUARDIANSHIP_EXTENSION, INFORMATION_SYSTEM } from '../../domain/codes.ts'
import { identifierIdentity, type Identity, referenceIdentity } from '../../domain/identity.ts'
import { readPeriodOf, referenceOf } from './provision.ts'
import { isJson, type Json, objectsOf } from './shape.ts'

/**
 * Who signed. The client signs herself when the performer is the consent's own patient; a guardian is whoever has the
 * order on the reference (`guardianship-order`: parts `covers`, a category each, or `covers-all`, and `period`); anybody
 * else is nobody who could permit.
 */
export const readPerformer = (performer: Json, patient: unknown, zone: string): Performer => {
  const names = plainNames(referenceOf(performer))
  const client = isJson(patient) ? plainNames(referenceOf(patient)) : []
  if (client.some((name) => names.includes(name))) return { kind: 'client', names, covers: 'all' }
  const order = objectsOf(performer['extension'], '', []).find(({ url }) => url === GUARDIANSHIP_EXTENSION)
  if (order === undefined) return { kind: 'other', names, covers: undefined }
  return { kind: 'guardian', names, ...readOrder(order, zone) }
}

const readOrder = (order: Json, zone: string): Pick<Performer, 'covers' | 'orderPeriod'> => {
  const parts = objectsOf(order['extension'], '', [])
  const covers = parts.flatMap(({ url, valueCoding }) =>
    url === 'covers' && isJson(valueCoding) && valueCoding['system'] === INFORMATION_SYSTEM
      ? [valueCoding['code']]
      : [],
  )
  const all = parts.some(({ url, valueBoolean }) => url === 'covers-all' && valueBoolean === true)
  const period = parts.find(({ url }) => url === 'period')
  return {
    covers: all ? 'all' : covers.filter((code) => typeof code === 'string'),
    orderPeriod: period === undefined ? 'unstated' : readPeriodOf(period['valuePeriod'] ?? null, zone),
  }
}

/** The names a reference itself gives: the reference as written, and its business identifier. */
export const plainNames = ({ reference, identifier }: Reference): readonly Identity[] => [
  ...(reference === undefined ? [] : [referenceIdentity(reference)]),
  ...(identifier?.system === undefined || identifier.value === undefined
    ? []
    : [identifierIdentity({ system: identifier.system, value: identifier.value })]),
]
