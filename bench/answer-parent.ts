type Handlers = Readonly<Record<string, (input: any) => unknown>>
type Question = { readonly id: number; readonly command: string; readonly input: unknown }

/** The child's side of `child.ts`: answers by command, ends after `stop`, and at once when the parent is gone. */
export const answerParent = (handlers: Handlers): void => {
  process.once('disconnect', () => process.exit(1))
  // Ctrl-C reaches the whole group; the parent ends its children in order.
  process.on('SIGINT', () => {})
  process.on('message', (question: Question) => {
    void answer(handlers, question)
  })
}

const answer = async (handlers: Handlers, { id, command, input }: Question): Promise<void> => {
  const reply = (message: object, then?: () => void): void => {
    process.send?.({ id, ...message }, undefined, {}, then)
  }
  try {
    const result = await handlers[command]?.(input)
    reply({ result }, command === 'stop' ? () => process.exit(0) : undefined)
  } catch (error) {
    reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
