import type { Appointment, Communication, Observation, Reference } from '@medplum/fhirtypes'
import { readMoment } from '../../consent/period.ts'
import { BENEFIT_SYSTEM, INFORMATION_SYSTEM, UPDATE_EXTENSION, UPDATE_FIELD_SYSTEM } from '../../domain/codes.ts'
import { type InformationCategory, isInformationCategory } from '../../domain/information.ts'
import { currencyPattern, type FieldName, type Update, updateFields, type UpdateFields } from '../../domain/update.ts'
import { dayOf } from './day.ts'
import { invalid, read, type Reading, ruleIssue } from './issues.ts'
import { type Find, type Medicine, medicineFields } from './medication.ts'
import { readUpdateFields } from './update-extension.ts'

export type UpdateSource = Appointment | Communication | Medicine | Observation

export type UpdateContext = {
  readonly path: string
  readonly zone: string
  /** Prescriptions and statements the message speaks about, as far as they are the sender's own. */
  readonly about: readonly Medicine[]
  readonly find: Find
  /** Whether an appointment's participant is an IPS team or one of its coaches. */
  isCoach(reference: Reference): boolean
}

export type UpdateReading = {
  readonly subject: Reference
  readonly update: Update
  /** Epoch ms after which it is not worth telling: a meeting that has passed. */
  readonly validUntil: number | undefined
}

const updateTypes = ['Appointment', 'Communication', 'MedicationRequest', 'MedicationStatement', 'Observation'] as const

export const isUpdateSource = (resource: { readonly resourceType: string }): resource is UpdateSource =>
  updateTypes.some((type) => type === resource.resourceType)

/** Reads what a care team tells, from any of the resource types an EHR may say it with. */
export const readUpdate = (resource: UpdateSource, context: UpdateContext): Reading<UpdateReading> => {
  switch (resource.resourceType) {
    case 'Communication':
      return readCommunication(resource, context)
    case 'MedicationRequest':
    case 'MedicationStatement':
      return readMedicine(resource, context)
    case 'Appointment':
      return readAppointment(resource, context)
    case 'Observation':
      return readObservation(resource, context)
  }
}

const withSubject = (
  subject: Reference | undefined,
  { path }: UpdateContext,
  update: Update,
  validUntil?: number,
): Reading<UpdateReading> =>
  subject?.reference === undefined && subject?.identifier === undefined
    ? invalid([
        ruleIssue(
          `${path}.subject`,
          'name the client: a reference to your own Patient, or an identifier with system and value',
          'sender-client-missing',
        ),
      ])
    : read({ subject, update, validUntil })

/** Categories this gateway has words for; see `consent/redact.ts`. */
export const tellable: readonly InformationCategory[] = ['medication', 'care-meeting', 'benefit']

const readCommunication = (message: Communication, context: UpdateContext): Reading<UpdateReading> => {
  const codes = (message.category ?? []).flatMap(({ coding }) => coding ?? [])
  const category = codes.find(({ system }) => system === INFORMATION_SYSTEM)?.code ?? ''
  if (!isInformationCategory(category) || !tellable.includes(category)) {
    return invalid([
      ruleIssue(
        `${context.path}.category`,
        `say what it is about: a coding with system \`${INFORMATION_SYSTEM}\` and one of: ${tellable.join(', ')}`,
        'sender-category-missing',
      ),
    ])
  }
  const index = message.extension?.findIndex(({ url }) => url === UPDATE_EXTENSION) ?? -1
  const extension = message.extension?.[index]
  const stated = extension === undefined ? read({}) : readUpdateFields(extension, `${context.path}.extension[${index}]`)
  if (stated.outcome === 'invalid') return stated
  const medicines: UpdateFields =
    category === 'medication'
      ? Object.assign({}, ...context.about.map((one) => medicineFields(one, context.find, context.zone)))
      : {}
  const sentOn = message.sent === undefined ? {} : { date: dayOf(message.sent, context.zone) }
  const fields: UpdateFields = { ...defaults(category, sentOn), ...medicines, ...stated.value }
  const missing = requiredFields(category).filter((name) => fields[name] === undefined)
  if (missing.length > 0) return invalid([missingFields(`${context.path}.extension`, missing)])
  return withSubject(message.subject, context, { category, fields }, validUntilOf(category, fields, context))
}

/** Fields without which an update of a category says nothing. */
export const requiredFields = (category: InformationCategory): readonly FieldName[] => required[category] ?? []

const required: Partial<Record<InformationCategory, readonly FieldName[]>> = {
  medication: ['date'],
  'care-meeting': ['start', 'meeting-status'],
  benefit: ['benefit', 'state', 'source'],
}

const defaults = (category: InformationCategory, sentOn: UpdateFields): UpdateFields =>
  category === 'medication' ? { 'affects-work': 'not-assessed', ...sentOn } : {}

const missingFields = (expression: string, names: readonly string[]) =>
  ruleIssue(
    expression,
    `the extension \`${UPDATE_EXTENSION}\` lacks: ${names.join(', ')}`,
    'sender-update-field-missing',
  )

const validUntilOf = (category: InformationCategory, fields: UpdateFields, { zone }: UpdateContext) =>
  category === 'care-meeting' ? readMoment(fields.end ?? fields.start, zone)?.until : undefined

const readMedicine = (resource: Medicine, context: UpdateContext): Reading<UpdateReading> => {
  const fields = medicineFields(resource, context.find, context.zone)
  if (resource.resourceType === 'MedicationStatement' && fields.date === undefined) {
    const text = 'say since when: `effectivePeriod`, `effectiveDateTime` or, for a pause, `dateAsserted`'
    return invalid([ruleIssue(`${context.path}.dateAsserted`, text, 'sender-update-field-missing')])
  }
  return withSubject(resource.subject, context, {
    category: 'medication',
    fields: { 'affects-work': 'not-assessed', ...fields },
  })
}

const readAppointment = (appointment: Appointment, context: UpdateContext): Reading<UpdateReading> => {
  const participants = appointment.participant ?? []
  const client = participants.find(
    ({ actor }) => actor?.type === 'Patient' || (actor?.reference ?? '').startsWith('Patient/'),
  )?.actor
  const status = meetingStatus(appointment.status)
  if (status === undefined) {
    return invalid([
      ruleIssue(
        `${context.path}.status`,
        'only a proposed, booked or cancelled meeting is told; attendance is not',
        'sender-attendance-not-told',
      ),
    ])
  }
  if (appointment.start === undefined) {
    return invalid([ruleIssue(`${context.path}.start`, 'say when the meeting is', 'sender-update-field-missing')])
  }
  const place = participants.find(({ actor }) => (actor?.reference ?? '').startsWith('Location/'))?.actor?.display
  const summary = appointment.description ?? appointment.comment
  const fields: UpdateFields = {
    'meeting-status': status,
    start: appointment.start,
    ...(appointment.end !== undefined && { end: appointment.end }),
    invited: participants.some(({ actor }) => actor !== undefined && context.isCoach(actor)),
    ...(place !== undefined && { place }),
    ...(summary !== undefined && { summary }),
  }
  return withSubject(
    client,
    { ...context, path: `${context.path}.participant` },
    { category: 'care-meeting', fields },
    readMoment(appointment.end ?? appointment.start, context.zone)?.until,
  )
}

const meetingStatus = (status: Appointment['status']): UpdateFields['meeting-status'] | undefined => {
  if (status === 'booked') return 'booked'
  if (status === 'cancelled') return 'cancelled'
  return status === 'proposed' || status === 'pending' || status === 'waitlist' ? 'proposed' : undefined
}

const readObservation = (observation: Observation, context: UpdateContext): Reading<UpdateReading> => {
  const { path } = context
  const about = observation.code?.coding?.find(({ system }) => system === INFORMATION_SYSTEM)?.code
  if (about !== 'benefit') {
    return invalid([
      ruleIssue(
        `${path}.code`,
        `an Observation tells a benefit: a coding with system \`${INFORMATION_SYSTEM}\` and code \`benefit\``,
        'sender-category-missing',
      ),
    ])
  }
  const fields: UpdateFields = {
    ...coded(
      'benefit',
      observation.valueCodeableConcept?.coding?.find(({ system }) => system === BENEFIT_SYSTEM)?.code,
    ),
    ...coded('state', componentCode(observation, 'state')),
    ...coded('source', componentCode(observation, 'source')),
    ...dated('period-start', observation.effectivePeriod?.start, context.zone),
    ...dated('period-end', observation.effectivePeriod?.end, context.zone),
    ...amountOf(observation),
  }
  const missing = requiredFields('benefit').filter((name) => fields[name] === undefined)
  if (missing.length > 0) {
    const said = `value and components of an Observation that tells a benefit lack a known code for: ${missing.join(', ')}`
    return invalid([ruleIssue(`${path}.component`, said, 'sender-update-field-missing')])
  }
  return withSubject(observation.subject, context, { category: 'benefit', fields })
}

const coded = (name: 'benefit' | 'state' | 'source', code: string | undefined): UpdateFields => {
  const codes: readonly string[] = updateFields[name].codes
  return code !== undefined && codes.includes(code) ? { [name]: code } : {}
}

const dated = (name: 'period-start' | 'period-end', moment: string | undefined, zone: string): UpdateFields =>
  moment === undefined ? {} : { [name]: dayOf(moment, zone) }

const component = (observation: Observation, name: string) =>
  observation.component?.find(({ code }) =>
    code?.coding?.some((coding) => coding.system === UPDATE_FIELD_SYSTEM && coding.code === name),
  )

const componentCode = (observation: Observation, name: string): string | undefined =>
  component(observation, name)?.valueCodeableConcept?.coding?.find(({ code }) => code)?.code

const amountOf = (observation: Observation): UpdateFields => {
  const { value, unit, code } = component(observation, 'amount')?.valueQuantity ?? {}
  const currency = code ?? unit
  return value === undefined || !currencyPattern.test(currency ?? '')
    ? {}
    : { amount: { value, currency: currency ?? '' } }
}
