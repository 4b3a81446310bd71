import { localDate } from '../../consent/period.ts'

/** The local day of a FHIR date or time, YYYY-MM-DD: half past eleven at night UTC is the next morning in Finland. */
export const dayOf = (moment: string, zone: string): string =>
  moment.includes('T') ? localDate(Date.parse(moment), zone) : moment
