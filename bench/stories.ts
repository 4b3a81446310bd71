import { medicationChange, medicationMessage, referralBundle, type Json, type Story } from '../demo/story-resources.ts'

/** Names under which the two parties of the benchmark are configured. */
export const partyIdentifier = (party: 'hospital' | 'team') => ({ system: 'urn:bench:parties', value: party })

/** The story of Aino for the `n`-th client, each with a number of her own. */
export const storyOf = (n: number): Story => ({
  hetu: hetuOf(n),
  run: String(n),
  hospital: partyIdentifier('hospital'),
  team: partyIdentifier('team'),
  today: new Date().toISOString().slice(0, 10),
})

/** The whole referral: Patient, team, signed form, consent, ServiceRequest, Task; 8 entries, about 11 kB. */
export const referralOf = (n: number): string => JSON.stringify(referralBundle(storyOf(n)))

/** Four of the same resources, for the floor. */
export const fourResourcesOf = (n: number): string => {
  const { entry } = referralBundle(storyOf(n)) as { entry: { resource: { resourceType: string } }[] }
  const four = ['Patient', 'Consent', 'ServiceRequest', 'Task']
  return JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: entry.filter(({ resource }) => four.includes(resource.resourceType)),
  })
}

export const oneResourceOf = (n: number): string => {
  const { entry } = JSON.parse(fourResourcesOf(n)) as { entry: { resource: Json }[] }
  return JSON.stringify(entry.find(({ resource }) => resource['resourceType'] === 'ServiceRequest')?.resource)
}

/** An order and the message that explains it, told once. */
export const medicationBundleOf = (n: number, patient: string, name: string): string =>
  JSON.stringify(medicationChange(storyOf(n), patient, name))

export const medicationMessageOf = (n: number, patient: string, name: string): string =>
  JSON.stringify(medicationMessage(storyOf(n), patient, name))

/** Valid personal identity codes with individual numbers in the 900s, which nobody real has; adults, 2 million of them. */
const hetuOf = (n: number): string => {
  const born = new Date(Date.UTC(1940, 0, 1 + (Math.floor(n / 100) % 21_000)))
  const [year = '', month = '', day = ''] = born.toISOString().slice(0, 10).split('-')
  const digits = `${day}${month}${year.slice(2)}${900 + (n % 100)}`
  const check = '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(digits) % 31]
  return `${digits.slice(0, 6)}-${digits.slice(6)}${check}`
}
