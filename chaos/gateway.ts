import { OPEN, readRows } from './evidence-rows.ts'
import type { Subject } from './run.ts'

/** The gateway itself: whole processes, which make their tables when they start. */
export const gateway: Subject = {
  worker: 'worker.ts',
  producer: 'producer.ts',
  hasInboxes: true,
  prepare: async () => {},
  open: OPEN,
  read: readRows,
}
