/**
 * The only way a payload (resource, disclosure, audit event) gets into a row and out of it again. Plain JSON now; sealing
 * per client is a change of this file alone.
 */
export const encodePayload = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

export const decodePayload = (bytes: Uint8Array): unknown => JSON.parse(decoder.decode(bytes))

/** A row this gateway wrote itself, read back as the type it was written from. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- rows are written by encodePayload from the same type only
export const decodeOwn = <T>(bytes: Uint8Array): T => decodePayload(bytes) as T

const decoder = new TextDecoder('utf-8', { fatal: true })
