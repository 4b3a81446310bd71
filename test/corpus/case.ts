import { type Fhir, written } from './written.ts'

/** One case of the corpus, in short: everything not said is as in an ordinary hospital's message about Aino. */
export type Case = {
  /** The rule it is about: `9`, or `wrong-answers`. */
  readonly rule: string
  readonly title: string
  readonly consents: readonly Fhir[]
  readonly request?: Fhir
  readonly over?: Fhir
  readonly directory?: readonly Fhir[]
  /** The reason expected; `rule …` for a hard rule. */
  readonly expect: 'permitted' | 'denied' | 'indeterminate' | 'no-applicable-consent' | `rule ${string}`
}

/** What a hospital asks about an ordinary message. */
export const ordinaryRequest: Fhir = {
  client: 'Patient/aino',
  action: 'disclose',
  purpose: [written.purpose()],
  recipient: ['Organization/ips-team'],
  custodian: ['Organization/hospital'],
  category: 'medication.effect',
  resource: { resourceType: 'Communication', id: '1', subject: { reference: 'Patient/aino' } },
}

/** The line of the dry run a case stands for. Undefined values of `request` leave an element out. */
export const lineOf = ({ rule, title, consents, request, over, directory, expect }: Case, index: number): string =>
  JSON.stringify({
    id: `${rule}-${index + 1} ${title}`,
    rule,
    expect: expect.startsWith('rule ') ? { reason: 'denied', rule: expect.slice(5) } : { reason: expect },
    asOf: '2026-03-12T09:00:00Z',
    ...over,
    consents: consents.map((consent, at) => ({ ...consent, id: consents.length > 1 ? String(at + 1) : '1' })),
    directory: [written.form, ...(directory ?? [])],
    request: { ...ordinaryRequest, ...request },
  })

type Answer = Case['expect']

/** Cases that differ in one thing only. */
export const casesOf = (
  rule: string,
  rows: readonly (readonly [
    title: string,
    expect: Answer,
    consents: Fhir | readonly Fhir[],
    request?: Fhir,
    over?: Fhir,
  ])[],
): readonly Case[] =>
  rows.map(([title, expect, consents, request, over]) => ({
    rule,
    title,
    expect,
    consents: Array.isArray(consents) ? (consents as readonly Fhir[]) : [consents as Fhir],
    ...(request !== undefined && { request }),
    ...(over !== undefined && { over }),
  }))
