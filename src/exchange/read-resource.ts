import type { Communication, ServiceRequest, Task } from '@medplum/fhirtypes'
import { decisionEntry } from '../audit/audit-entry.ts'
import { contentFor } from '../consent/content-for.ts'
import { purposeOf } from '../consent/decide-disclosure.ts'
import type { Party } from '../domain/party.ts'
import { writeCommunication } from '../fhir/write/communication.ts'
import { writeTeamTask } from '../fhir/write/team-task.ts'
import { renderContent } from '../language/render-content.ts'
import type { Disclosure } from '../store/queries/disclosure-row.ts'
import type { Referral } from '../store/queries/care-teams.ts'
import type { Transaction } from '../store/store.ts'
import { auditParty, type Exchange } from './exchange.ts'
import { lockStandings } from './standings.ts'
import { isUuid } from './uuid.ts'

export type ReadResource = { readonly resource: unknown; readonly version: number; readonly updatedAt: number }

/**
 * Reads one resource: the caller's own, or one that was told to it, decided again now. Everything else does not exist
 * for the caller, and the answer is the same whether it exists or not.
 */
export const readResource = async (
  exchange: Exchange,
  caller: Party,
  type: string,
  id: string,
): Promise<ReadResource | undefined> =>
  exchange.store.transaction(async (tx) => {
    if (!isUuid(id)) return undefined
    const [stored] = await tx.resources.read([id])
    if (stored !== undefined && stored.party === caller.id) {
      return stored.type === type
        ? { resource: stored.resource, version: stored.version, updatedAt: stored.updatedAt }
        : undefined
    }
    const context = { exchange, caller, tx, at: exchange.now() }
    if (type === 'Task' && stored?.type === 'Task') return readTeamTask(context, id)
    return type === 'Communication' && stored === undefined ? readTold(context, id) : undefined
  })

export type ReadContext = {
  readonly exchange: Exchange
  readonly caller: Party
  readonly tx: Transaction
  readonly at: number
}

/** The Task of a referral, for the team it asks: written fresh, while the client's permission for the referral lasts. */
export const readTeamTask = async (context: ReadContext, taskId: string): Promise<ReadResource | undefined> => {
  const permitted = await permittedTask(context, taskId)
  if (permitted === undefined) return undefined
  const { tx, caller, exchange } = context
  const { task, referral, version, updatedAt } = permitted
  const sender = exchange.parties.byId(referral.sender)
  if (sender === undefined) return undefined
  const subject = `Patient/${await tx.clients.handle(caller.id, referral.clientId, exchange.newId())}`
  const resource = writeTeamTask(task, {
    subject,
    sender: auditParty(sender),
    owner: auditParty(caller),
    version,
    updatedAt,
  })
  return { resource, version, updatedAt }
}

export type PermittedTask = {
  readonly task: Task
  readonly referral: Referral
  readonly version: number
  readonly updatedAt: number
}

/**
 * INVARIANT (asked and permitted): only the team the referral asks, and only while the client permits it.
 *
 * @param mode `update` for whoever is going to change what decisions about the client rest on.
 */
export const permittedTask = async (
  context: ReadContext,
  taskId: string,
  mode: 'share' | 'update' = 'share',
): Promise<PermittedTask | undefined> => {
  const { tx, caller, exchange, at } = context
  const referral = isUuid(taskId) ? await tx.careTeams.referralOfTask(taskId) : undefined
  if (referral?.performer !== caller.id) return undefined
  const standing = (await lockStandings(tx, [referral.clientId], mode)).get(referral.clientId)
  const [stored, request] = await tx.resources
    .read([taskId, referral.serviceRequestId])
    .then((rows) => [rows.find(({ id }) => id === taskId), rows.find(({ id }) => id === referral.serviceRequestId)])
  const sender = exchange.parties.byId(referral.sender)
  if (standing === undefined || stored === undefined || request === undefined || sender === undefined) return undefined
  const facts = {
    names: [],
    classes: ['ServiceRequest'],
    codes: [],
    labels: labelsOf(request.resource),
    patients: [],
    refersTo: [],
    authors: [],
    clinicalDate: undefined,
  }
  const update = { category: 'referral', fields: {} } as const
  const item = { action: 'access', sender, recipient: caller, update, facts, told: undefined } as const
  const decision = contentFor(item, standing, at, exchange.policy)
  await tx.audit([
    decisionEntry(exchange.newId(), decision.record, {
      gateway: exchange.gateway,
      client: standing.client.id,
      sender: auditParty(sender),
      recipient: auditParty(caller),
      information: { category: 'referral', level: undefined },
      purpose: purposeCode(caller),
      disclosure: taskId,
      requestId: undefined,
    }),
  ])
  if (decision.outcome === 'deny') return undefined
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stored Task was parsed as one before it was stored
  return { task: stored.resource as Task, referral, version: stored.version, updatedAt: stored.updatedAt }
}

const labelsOf = (resource: unknown) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a stored ServiceRequest was parsed before it was stored
  ((resource as ServiceRequest).meta?.security ?? []).flatMap(({ system, code }) =>
    code === undefined ? [] : [{ system, code }],
  )

const purposeCode = (party: Party) => {
  const { system, code } = purposeOf(party)
  return { system, code }
}

/** What was told to the caller, fetched by its id: at most the level told then, and only while it is permitted now. */
const readTold = async (context: ReadContext, id: string): Promise<ReadResource | undefined> => {
  const { tx, caller, exchange, at } = context
  const disclosure = await tx.reports.toldTo(caller.id, id)
  if (disclosure?.clientId === undefined || disclosure.updateId === undefined) return undefined
  const standing = (await lockStandings(tx, [disclosure.clientId])).get(disclosure.clientId)
  const update = await tx.updates.read(disclosure.updateId)
  const sender = exchange.parties.byId(disclosure.sender)
  if (standing === undefined || update === undefined || sender === undefined) return undefined
  const { information: told } = disclosure
  const item = {
    action: 'access',
    sender,
    recipient: caller,
    update: update.update,
    facts: update.facts,
    told,
  } as const
  const decision = contentFor(item, standing, at, exchange.policy)
  await tx.audit([
    decisionEntry(exchange.newId(), decision.record, {
      gateway: exchange.gateway,
      client: standing.client.id,
      sender: auditParty(sender),
      recipient: auditParty(caller),
      information: told,
      purpose: purposeCode(caller),
      disclosure: id,
      requestId: undefined,
    }),
  ])
  if (decision.outcome === 'deny') return undefined
  const resource = await communicationOf(context, disclosure, decision.content, sender)
  return { resource, version: 1, updatedAt: disclosure.sentAt ?? at }
}

const communicationOf = async (
  { tx, caller, exchange, at }: ReadContext,
  disclosure: Disclosure,
  content: Parameters<typeof writeCommunication>[0],
  sender: Party,
): Promise<Communication> => {
  const language = caller.endpoints.find((endpoint) => endpoint.id === disclosure.endpoint)?.language ?? 'fi'
  return writeCommunication(content, {
    id: disclosure.id,
    subject: `Patient/${await tx.clients.handle(caller.id, disclosure.clientId ?? '', exchange.newId())}`,
    sentAt: disclosure.sentAt ?? at,
    sender: auditParty(sender),
    recipient: auditParty(caller),
    purpose: purposeCode(caller),
    text: renderContent(content, language, exchange.policy.zone),
    language,
  })
}
