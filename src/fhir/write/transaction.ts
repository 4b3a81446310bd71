import type { Bundle, Communication } from '@medplum/fhirtypes'

/**
 * A Communication as a transaction for another FHIR server, which gives it an id of its own. What it knows the message by
 * is the identifier, so that a repetition creates nothing. The client is named by an identifier too: a literal
 * reference would point at nothing there.
 *
 * @param base of this gateway's FHIR API: the systems under which it numbers messages and clients.
 */
export const writeTransaction = (told: Communication, base: string): Bundle => {
  const { id = '', subject, meta, ...rest } = told
  // With an identifier it is no instance of the profile it was told by, which knows it by its id.
  const { profile: _profile, ...labels } = meta ?? {}
  const system = `${base}/Communication`
  const client = subject?.reference?.replace(/^Patient\//, '') ?? ''
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: `urn:uuid:${id}`,
        resource: {
          ...rest,
          meta: labels,
          identifier: [{ system, value: id }],
          subject: { type: 'Patient', identifier: { system: `${base}/Patient`, value: client } },
        },
        request: {
          method: 'POST',
          url: 'Communication',
          ifNoneExist: `identifier=${encodeURIComponent(`${system}|${id}`)}`,
        },
      },
    ],
  }
}
