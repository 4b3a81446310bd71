import { createHash } from 'node:crypto'
import {
  ACT_CODE_SYSTEM,
  CONFIDENTIALITY_SYSTEM,
  CONSENT_ACTION_SYSTEM,
  CONSENT_POLICY_URI,
  CONSENT_SCOPE_SYSTEM,
  INFORMATION_SYSTEM,
  LOCAL_PURPOSE_SYSTEM,
  PARTICIPATION_TYPE_SYSTEM,
  ROLE_CODE_SYSTEM,
  SHA256_EXTENSION,
  VERIFIED_BY_EXTENSION,
} from '../../src/domain/codes.ts'

/** FHIR R4 as a hospital would send it: the words the cases of the corpus are written in. */
export type Fhir = Readonly<Record<string, unknown>>

const concept = (system: string, code: string): Fhir => ({ coding: [{ system, code }] })
const role = (code: string): Fhir => concept(code.endsWith('EE') ? ROLE_CODE_SYSTEM : PARTICIPATION_TYPE_SYSTEM, code)
const actor = (code: string, reference: string): Fhir => ({ role: role(code), reference: { reference } })
const purpose = (code = 'employment-support', system = LOCAL_PURPOSE_SYSTEM): Fhir => ({ system, code })
const codes = (...words: readonly string[]): readonly Fhir[] => words.map((code) => concept(INFORMATION_SYSTEM, code))
const label = (code: string): Fhir => ({ system: code.length === 1 ? CONFIDENTIALITY_SYSTEM : ACT_CODE_SYSTEM, code })

type Short = {
  readonly code?: readonly string[]
  readonly label?: readonly string[]
  readonly action?: readonly string[]
  /** Elements as they stand, in place of the short ones. */
  readonly concepts?: Fhir
}

/** What is short to write about a provision, with the rest as it is. */
const provision = (
  type: string | undefined,
  { code, label: labels, action, concepts, ...rest }: Short & Fhir,
): Fhir => ({
  ...(type !== undefined && { type }),
  ...(code !== undefined && { code: codes(...code) }),
  ...(labels !== undefined && { securityLabel: labels.map(label) }),
  ...(action !== undefined && { action: action.map((word) => concept(CONSENT_ACTION_SYSTEM, word)) }),
  ...rest,
  ...concepts,
})

/** Names the recipient and the purpose, as a permit must. */
const permit = (own: Short & Fhir = {}, ...nested: readonly Fhir[]): Fhir => ({
  ...provision('permit', { actor: [actor('IRCP', 'Organization/ips-team')], purpose: [purpose()], ...own }),
  ...(nested.length > 0 && { provision: nested }),
})
const deny = (own: Short & Fhir = {}, ...nested: readonly Fhir[]): Fhir => ({
  ...provision('deny', own),
  ...(nested.length > 0 && { provision: nested }),
})
const untyped = (own: Short & Fhir = {}, ...nested: readonly Fhir[]): Fhir => ({
  ...provision(undefined, own),
  ...(nested.length > 0 && { provision: nested }),
})

/** A signed and verified Consent of somebody else's policy; `own` makes it our form. */
const paper = (root: Fhir | undefined, over: Fhir = {}): Fhir => ({
  resourceType: 'Consent',
  id: '1',
  meta: { versionId: '1' },
  status: 'active',
  scope: concept(CONSENT_SCOPE_SYSTEM, 'patient-privacy'),
  category: [concept(ACT_CODE_SYSTEM, 'IDSCL')],
  patient: { reference: 'Patient/aino' },
  dateTime: '2026-01-02T10:00:00+02:00',
  performer: [{ reference: 'Patient/aino' }],
  sourceReference: { reference: 'DocumentReference/form' },
  policy: [{ uri: 'https://elsewhere.example/policy' }],
  verification: [
    {
      verified: true,
      extension: [{ url: VERIFIED_BY_EXTENSION, valueReference: { reference: 'Organization/hospital' } }],
    },
  ],
  ...(root !== undefined && { provision: root }),
  ...over,
})
const own = (root: Fhir, over: Fhir = {}): Fhir => paper(root, { policy: [{ uri: CONSENT_POLICY_URI }], ...over })

/** The signed form and its SHA-256. */
const form: Fhir = {
  resourceType: 'DocumentReference',
  id: 'form',
  status: 'current',
  content: [
    {
      attachment: {
        extension: [
          { url: SHA256_EXTENSION, valueString: createHash('sha256').update('signed by Aino').digest('hex') },
        ],
        data: Buffer.from('signed by Aino').toString('base64'),
      },
    },
  ],
}

export const written = { concept, role, actor, purpose, codes, label, permit, deny, untyped, paper, own, form }
