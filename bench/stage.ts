import { type Child, startChild } from './child.ts'
import type { Options } from './options.ts'
import type { Places } from './places.ts'

/** The processes of one engine's measurements. */
export type Stage = {
  readonly load: Child
  readonly receiver: Child
  readonly floor: Server
  readonly gateway: Server
  /** Where webhooks go. */
  readonly hook: string
}
export type Server = { readonly child: Child; readonly origin: string }

/** @param keep starts every process and remembers it at once, so that whatever fails later on ends it too. */
export const setStage = async (
  places: Places,
  options: Pick<Options, 'profile'>,
  keep: (start: () => Promise<Child>) => Promise<Child>,
): Promise<Stage> => {
  const load = await keep(() => startChild('load.ts', undefined))
  const receiver = await keep(() => startChild('receiver.ts', undefined))
  const hook = `http://127.0.0.1:${await receiver.ask<number>('port')}/hooks`
  const server = async (file: string, place: Places['floor'], execArgv: readonly string[]): Promise<Server> => {
    const child = await keep(() => startChild(file, { place, hook }, execArgv))
    return { child, origin: `http://127.0.0.1:${await child.ask<number>('port')}` }
  }
  const profiling = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`]
  return {
    load,
    receiver,
    hook,
    floor: await server('floor-server.ts', places.floor, []),
    gateway: await server('gateway-server.ts', places.gateway, profiling),
  }
}
