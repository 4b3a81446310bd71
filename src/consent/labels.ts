import { ACT_CODE_SYSTEM, CONFIDENTIALITY_SYSTEM, FINNISH_LABEL_SYSTEM } from '../domain/codes.ts'
import type { Code, Effect } from './consent-record.ts'
import { and, some, type Truth } from './truth.ts'

/**
 * Security labels by dimension (rule 15). Confidentiality is ordered U<L<M<N<R<V: permit X covers data up to X, deny X
 * covers X and above. Sensitivity is a set: a permit must list every sensitivity of the data, a deny matches on any.
 * Dimensions present in a provision are AND-ed for a permit and OR-ed for a deny: OR-ing [R, PSY] in a permit would
 * leak data labelled ETH. A provision that names a label of no dimension (an obligation, TURVAKIELTO, another system's)
 * tests something nobody here can decide.
 */
export const labelsMatch = (effect: Effect, wanted: readonly Code[], data: readonly Code[]): Truth => {
  if (wanted.length === 0) return 'T'
  const want = dimensions(wanted)
  const have = dimensions(data)
  const parts: Truth[] = []
  if (want.confidentiality.length > 0) parts.push(confidentialityMatch(effect, want.confidentiality, have))
  if (want.sensitivity.length > 0) parts.push(sensitivityMatch(effect, want.sensitivity, have))
  if (want.unknown || want.handling) parts.push('U')
  return effect === 'permit' ? and(parts) : some(parts, (part) => part)
}

const order = ['U', 'L', 'M', 'N', 'R', 'V']

/** Codes below v3-ActCode's information sensitivity policies, as R4 (4.0.1) has them. */
export const sensitivities: ReadonlySet<string> = new Set(
  (
    'ETH GDIS HIV MST SCA SDV SEX SPI BH COGN DVD EMOTDIS MH PSY PSYTHPN SUD ETHUD OPIOIDUD STD TBOO VIO SICKLE ' +
    'DEMO DOB GENDER LIVARG MARST RACE REL B EMPL LOCIS SSP ADOL CEL DIA DRGIS EMP PDS PHY PRS'
  ).split(' '),
)

/** Obligations and refrains: how data is to be handled. They live in the same code system and are no sensitivity. */
export const obligations: ReadonlySet<string> = new Set(
  (
    'ANONY AOD AUDIT AUDTR CPLYCC CPLYCD CPLYJPP CPLYOPP CPLYOSP CPLYPOL DECLASSIFYLABEL DEID DELAU DOWNGRDLABEL ' +
    'DRIVLABEL ENCRYPT ENCRYPTR ENCRYPTT ENCRYPTU HUAPRV LABEL MASK MINEC PERSISTLABEL PRIVMARK PSEUD REDACT ' +
    'UPGRDLABEL NOAUTH NOCOLLECT NODSCLCD NODSCLCDS NOINTEGRATE NOLIST NOMOU NOORGPOL NOPAT NOPERSISTP NORDSCLCD ' +
    'NORDSCLCDS NORDSCLW NORELINK NOREUSE NOVIP ORCON'
  ).split(' '),
)

/**
 * Families of sensitivities in v3-ActCode. A deny of the family covers its members: data on addiction is data on
 * behavioural health. A permit still lists every one, because who permits the family may not know what it holds.
 */
export const members: Readonly<Record<string, readonly string[]>> = {
  SPI: ['BH', 'COGN', 'DVD', 'EMOTDIS', 'MH', 'PSY', 'PSYTHPN', 'SUD', 'ETHUD', 'OPIOIDUD'],
  BH: ['COGN', 'DVD', 'EMOTDIS'],
  SUD: ['ETHUD', 'OPIOIDUD'],
}

type Dimensions = {
  readonly confidentiality: readonly number[]
  readonly sensitivity: readonly string[]
  /** How data is to be handled, not what it is: obligations, refrains, TURVAKIELTO. */
  readonly handling: boolean
  readonly unknown: boolean
}

const dimensions = (labels: readonly Code[]): Dimensions => {
  const confidentiality: number[] = []
  const sensitivity: string[] = []
  let handling = false
  let unknown = false
  for (const { system, code } of labels) {
    if (system === CONFIDENTIALITY_SYSTEM && order.includes(code)) confidentiality.push(order.indexOf(code))
    else if (system === ACT_CODE_SYSTEM && sensitivities.has(code)) sensitivity.push(code)
    else if (system === FINNISH_LABEL_SYSTEM || (system === ACT_CODE_SYSTEM && obligations.has(code))) handling = true
    else unknown = true
  }
  return { confidentiality, sensitivity, handling, unknown }
}

const confidentialityMatch = (effect: Effect, wanted: readonly number[], have: Dimensions): Truth => {
  const stated = have.confidentiality.length > 0 ? Math.max(...have.confidentiality) : undefined
  // INVARIANT (sensitive is restricted): any sensitivity label raises confidentiality to at least R.
  const raised = have.sensitivity.length > 0 ? Math.max(stated ?? 0, order.indexOf('R')) : stated
  if (raised === undefined) return 'U'
  const matches = wanted.some((bound) => (effect === 'permit' ? raised <= bound : raised >= bound))
  return settled(effect, matches, have.unknown)
}

const sensitivityMatch = (effect: Effect, wanted: readonly string[], have: Dimensions): Truth => {
  const matches =
    effect === 'permit'
      ? have.sensitivity.every((code) => wanted.includes(code))
      : have.sensitivity.some((code) => wanted.some((one) => one === code || members[one]?.includes(code)))
  const unlabelled = have.confidentiality.length === 0 && have.sensitivity.length === 0
  return settled(effect, matches, have.unknown || unlabelled)
}

/** A label nobody knows can only make data more sensitive: it casts doubt on what permits, never on what refuses. */
const settled = (effect: Effect, matches: boolean, doubtful: boolean): Truth => {
  if (matches === (effect === 'deny')) return matches ? 'T' : 'F'
  return doubtful ? 'U' : matches ? 'T' : 'F'
}
