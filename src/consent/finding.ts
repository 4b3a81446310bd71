import { type ConsentFindingCode, consentFindings } from '../domain/consent-finding.ts'

/** `path` is that of a provision, or empty for the whole Consent; `other` the id of another Consent it is about. */
export type ConsentFinding = {
  readonly code: ConsentFindingCode
  readonly severity: 'error' | 'warning'
  readonly path: string
  readonly other?: string
}

export const finding = (code: ConsentFindingCode, path: string, other?: string): ConsentFinding => ({
  code,
  severity: consentFindings[code],
  path,
  ...(other !== undefined && { other }),
})
