/**
 * Finnish personal identity code: DDMMYY, century sign, individual number, check character (31 characters, the number
 * DDMMYYNNN modulo 31). Century signs since 2023: `+` 1800s, `-UVWXY` 1900s, `ABCDEF` 2000s.
 */
export const readPersonalIdentityCode = (
  value: string,
):
  | { readonly outcome: 'valid'; readonly birthDate: string }
  | { readonly outcome: 'invalid'; readonly why: 'shape' | 'date' | 'check-character' } => {
  const match = /^(\d{2})(\d{2})(\d{2})([-+A-FU-Y])(\d{3})([0-9A-Y])$/.exec(value)
  if (match === null) return { outcome: 'invalid', why: 'shape' }
  const [, day = '', month = '', year = '', sign = '', number = '', check] = match
  const birthDate = `${centuryOf(sign)}${year}-${month}-${day}`
  const date = new Date(`${birthDate}T00:00:00Z`)
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(birthDate))
    return { outcome: 'invalid', why: 'date' }
  const expected = '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(`${day}${month}${year}${number}`) % 31]
  return check === expected ? { outcome: 'valid', birthDate } : { outcome: 'invalid', why: 'check-character' }
}

const centuryOf = (sign: string): string => (sign === '+' ? '18' : 'ABCDEF'.includes(sign) ? '20' : '19')
