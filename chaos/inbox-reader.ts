import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Arrival } from './evidence.ts'
import { type Scene, type Team, teams, tokenFor } from './scene.ts'

/** The teams' own systems: each reads its inbox page by page through whichever gateway answers. */
export type InboxReader = {
  /** Reads what is new, at intervals, until told to stop. */
  run(stop: AbortSignal): Promise<void>
  /** Reads everything once more from the beginning: what got lost on its way comes again. */
  readAll(): Promise<void>
}

type Page = { readonly items: readonly { readonly id: string; readonly number: number }[]; readonly next: number }

/** Every item of a page is decided again: a short page is answered in time on a busy machine, too. */
const PAGE = 20
const PATIENCE_MS = 10_000
/** For the last reading, when all is well again. */
const CALM_MS = 90_000
const EVERY_MS = 150

/** @param origins of gateways that may answer, best first. @param arrivals where to log what is read. */
export const inboxReader = (scene: Scene, origins: () => readonly string[], arrivals: Arrival[]): InboxReader => {
  const cursors = new Map<Team, number>(teams.map((team) => [team, 0]))
  const seen = new Map<string, string>()
  const log = (team: Team, item: Page['items'][number], again: boolean): void => {
    const digest = hash('sha256', JSON.stringify(item))
    const { id, number } = item
    // A page read again is no delivery: only what differs from before is worth a line.
    if (seen.get(id) === digest) return
    seen.set(id, digest)
    arrivals.push({ endpoint: `${team}-inbox`, id, digest, number, accepted: true, ...(again && { reread: true }) })
  }
  const readPage = async (team: Team, after: number, again = false): Promise<Page | undefined> => {
    for (const origin of origins()) {
      const page = await ask(scene, team, `${origin}/api/inbox?limit=${PAGE}&after=${after}`)
      if (page === undefined) continue
      for (const item of page.items) log(team, item, again)
      return page
    }
    return undefined
  }
  return {
    run: async (stop) => {
      while (!stop.aborted) {
        for (const team of teams) {
          const page = await readPage(team, cursors.get(team) ?? 0)
          if (page !== undefined) cursors.set(team, page.next)
        }
        await sleep(EVERY_MS)
      }
    },
    readAll: async () => {
      const end = performance.now() + CALM_MS
      for (const team of teams) {
        for (let after = -1, next = 0; next > after;) {
          const page = await readPage(team, next, true)
          if (page !== undefined) [after, next] = [next, page.next]
          else if (performance.now() > end) throw new Error('no gateway let an inbox be read')
          else await sleep(EVERY_MS)
        }
      }
    },
  }
}

const ask = async (scene: Scene, team: Team, url: string): Promise<Page | undefined> => {
  try {
    const authorization = `Bearer ${await tokenFor(scene, team)}`
    const response = await fetch(url, { headers: { authorization }, signal: AbortSignal.timeout(PATIENCE_MS) })
    return response.ok ? ((await response.json()) as Page) : undefined
  } catch {
    return undefined
  }
}
