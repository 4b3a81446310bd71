import type { CodeableConcept, Coding, ConsentProvision, Period, Reference } from '@medplum/fhirtypes'
import type { Actor, Code, DataReference, PeriodOf, Provision } from '../../consent/consent-record.ts'
import { readPeriod } from '../../consent/period.ts'
import { type Identity, referenceIdentity } from '../../domain/identity.ts'

/** All names of what a reference points to; an empty list when it cannot be resolved. */
export type NameReference = (reference: Reference) => readonly Identity[]

/**
 * A provision as the engine sees it. What nobody here understands becomes `unreadable`, which matches as unknown;
 * nothing is dropped as if it were absent.
 */
export const readProvision = (provision: ConsentProvision, zone: string, nameOf: NameReference): Provision => {
  const unreadable = [
    ...(provision.modifierExtension ?? []).map(({ url }) => `modifierExtension ${url ?? ''}`),
    ...emptyCodes(provision),
  ]
  return {
    type: provision.type,
    period: periodOf(provision.period, zone),
    actors: (provision.actor ?? []).map((actor): Actor => ({
      role: actor.role?.coding?.find(({ code }) => code !== undefined)?.code,
      names: actor.reference === undefined ? [] : nameOf(actor.reference),
    })),
    actions: concepts(provision.action),
    purposes: codings(provision.purpose),
    classes: codings(provision.class),
    codes: concepts(provision.code),
    securityLabels: codings(provision.securityLabel),
    dataPeriod: periodOf(provision.dataPeriod, zone),
    data: (provision.data ?? []).map(({ meaning, reference }): DataReference => ({
      meaning: meaning ?? '',
      reference: reference?.reference === undefined ? undefined : referenceIdentity(reference.reference),
    })),
    unreadable,
    provisions: (provision.provision ?? []).map((child) => readProvision(child, zone, nameOf)),
  }
}

/** A boundary that is only an extension (such as data-absent-reason) is not "no boundary": nobody knows where it is. */
const periodOf = (period: Period | undefined, zone: string): PeriodOf =>
  period !== undefined && ('_start' in period || '_end' in period)
    ? 'invalid'
    : readPeriod(period?.start, period?.end, zone)

export const codings = (list: readonly Coding[] | undefined): readonly Code[] =>
  (list ?? []).flatMap(({ system, code }) => (code === undefined ? [] : [{ system, code }]))

export const concepts = (list: readonly CodeableConcept[] | undefined): readonly Code[] =>
  (list ?? []).flatMap(({ coding }) => codings(coding))

/** A restriction given only as text or without a code must not read as "no restriction". */
const emptyCodes = (provision: ConsentProvision): readonly string[] => {
  const uncoded = (list: readonly CodeableConcept[] | undefined): boolean =>
    list?.some(({ coding }) => !coding?.some(({ code }) => code !== undefined)) ?? false
  const blank = (list: readonly Coding[] | undefined): boolean => list?.some(({ code }) => code === undefined) ?? false
  return [
    ...(uncoded(provision.action) ? ['action without code'] : []),
    ...(uncoded(provision.code) ? ['code without coding'] : []),
    ...(blank(provision.purpose) ? ['purpose without code'] : []),
    ...(blank(provision.class) ? ['class without code'] : []),
    ...(blank(provision.securityLabel) ? ['securityLabel without code'] : []),
  ]
}
