/** A personal identity code that belongs to nobody: individual numbers from 900 are for tests only. */
export const testIdentityCode = (seed: number): string => {
  const day = String(1 + (seed % 28)).padStart(2, '0')
  const month = String(1 + (Math.floor(seed / 28) % 12)).padStart(2, '0')
  const year = String(60 + (Math.floor(seed / 336) % 40))
  const number = String(900 + (Math.floor(seed / 13_440) % 100))
  const check = '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(`${day}${month}${year}${number}`) % 31]
  return `${day}${month}${year}-${number}${check}`
}
