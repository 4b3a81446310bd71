import { randomBytes } from 'node:crypto'

/**
 * UUID version 7 (RFC 9562 §5.7): milliseconds first, so that new rows go to the end of every index, and a counter in
 * place of the first random bits (§6.2), so that what one process makes in order sorts in order.
 */
export const newId = (): string => {
  const now = Date.now()
  if (now > last) {
    last = now
    counter = randomBytes(2).readUInt16BE() & 0x07ff
  } else counter += 1
  // A clock that stands still or jumps back, or 2,048 ids in a millisecond: borrow from the next one.
  if (counter > 0x0fff) {
    last += 1
    counter = 0
  }
  const time = last.toString(16).padStart(12, '0')
  const random = randomBytes(8)
  random[0] = ((random[0] ?? 0) & 0x3f) | 0x80
  const tail = random.toString('hex')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${tail.slice(0, 4)}-${tail.slice(4)}`
}

let last = 0
let counter = 0
