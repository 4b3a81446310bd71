/**
 * Code systems and URLs this gateway speaks, each written once.
 *
 * Sources: FHIR R4 (hl7.org/fhir/R4), HL7 Terminology (terminology.hl7.org), HL7 Finland base profiles.
 */

/** Canonical base of everything this project itself defines. */
export const CANONICAL = 'https://ips-gateway.example/fhir'

/** Canonical of a profile this project publishes (`profiles/`). */
export const profileUrl = (id: string): string => `${CANONICAL}/StructureDefinition/${id}`

/** The only vocabulary of what a client can consent to; see `information.ts`. */
export const INFORMATION_SYSTEM = `${CANONICAL}/CodeSystem/ips-information`
/** Purposes for which no standard code exists (there is no employment-support purpose of use in HL7 v3 ActReason). */
export const LOCAL_PURPOSE_SYSTEM = `${CANONICAL}/CodeSystem/ips-purpose`
export const BENEFIT_SYSTEM = `${CANONICAL}/CodeSystem/ips-benefit`
export const UPDATE_FIELD_SYSTEM = `${CANONICAL}/CodeSystem/ips-update-field`
export const SERVICE_SYSTEM = `${CANONICAL}/CodeSystem/ips-service`
/** Events of messages; see `message-event.ts`. */
export const MESSAGE_SYSTEM = `${CANONICAL}/CodeSystem/ips-message`
export const OUTCOME_CODE_SYSTEM = `${CANONICAL}/CodeSystem/ips-outcome`

/** The closed fields of a care-team update, as one complex extension on Communication. */
export const UPDATE_EXTENSION = `${CANONICAL}/StructureDefinition/care-team-update`
/** Id of an earlier Communication that this one takes back. */
export const RETRACTS_EXTENSION = `${CANONICAL}/StructureDefinition/retracts`
/** SHA-256 of a signed form, 64 hexadecimal digits. R4 `Attachment.hash` is SHA-1 and no evidence. */
export const SHA256_EXTENSION = `${CANONICAL}/StructureDefinition/attachment-sha256`
/** Who checked identity and form of a consent (R4 `Consent.verification` has no such element). */
export const VERIFIED_BY_EXTENSION = `${CANONICAL}/StructureDefinition/consent-verified-by`
/** How a consent was verified: `identity-checked` or `strong-e-signature`. */
export const VERIFIED_HOW_EXTENSION = `${CANONICAL}/StructureDefinition/consent-verified-how`
/** On `Consent.performer`: the recorded order of a guardian, what it covers and how long (rule 5). */
export const GUARDIANSHIP_EXTENSION = `${CANONICAL}/StructureDefinition/guardianship-order`
/** On `Consent`: an earlier Consent this one was written to replace. */
export const CONSENT_REPLACES_EXTENSION = `${CANONICAL}/StructureDefinition/consent-replaces`
/** On `Consent`: what was taken back of it, on whose word, heard by whom and when. */
export const CONSENT_WITHDRAWAL_EXTENSION = `${CANONICAL}/StructureDefinition/consent-withdrawal`
/** Policy uri of this gateway's own consent form; its root deny is a default, not an explicit deny. */
export const CONSENT_POLICY_URI = `${CANONICAL}/policy/written-consent-1`

export const ACT_REASON_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
export const ACT_CODE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
export const CONFIDENTIALITY_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
export const CONSENT_SCOPE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/consentscope'
export const LOINC_SYSTEM = 'http://loinc.org'
export const CONSENT_ACTION_SYSTEM = 'http://terminology.hl7.org/CodeSystem/consentaction'
export const ROLE_CODE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
export const PARTICIPATION_TYPE_SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'

/** Finnish personal identity code (henkilötunnus, HETU). */
export const HETU_SYSTEM = 'urn:oid:1.2.246.21'
/** Safety non-disclosure (turvakielto): strips address, telecom, municipality and meeting places everywhere. */
export const FINNISH_LABEL_SYSTEM = 'https://hl7.fi/fhir/finnish-base-profiles/CodeSystem/fi-base-security-label-cs'
export const NON_DISCLOSURE_CODE = 'TURVAKIELTO'
