import { randomFillSync } from 'node:crypto'

/**
 * UUID version 7 (RFC 9562 §5.7): milliseconds first, so that new rows go to the end of every index, and a counter in
 * place of the first random bits (§6.2), so that what one process makes in order sorts in order.
 */
export const newId = (): string => {
  const now = Date.now()
  if (now > last) {
    last = now
    counter = randomWord(2).readUInt16BE() & 0x07ff
  } else counter += 1
  // A clock that stands still or jumps back, or 2,048 ids in a millisecond: borrow from the next one.
  if (counter > 0x0fff) {
    last += 1
    counter = 0
  }
  const time = last.toString(16).padStart(12, '0')
  const random = randomWord(8)
  random[0] = ((random[0] ?? 0) & 0x3f) | 0x80
  const tail = random.toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${tail.slice(0, 4)}-${tail.slice(4)}`
}

/** Random bytes, drawn from the system in bulk: one call for each id cost as much as the rest of it. Use at once. */
const randomWord = (length: number): Buffer => {
  if (drawn + length > pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  drawn += length
  return pool.subarray(drawn - length, drawn)
}

const pool = Buffer.alloc(4096)
let drawn = pool.length
let last = 0
let counter = 0
