import type { Identifier } from './identity.ts'

/** An organisation as the audit names it. */
export type AuditParty = { readonly id: string; readonly name: string; readonly identifier: Identifier }
