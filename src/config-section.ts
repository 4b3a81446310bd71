import { z } from 'zod'

/** A section of the file: unknown keys refuse to start, and the message lists the keys there are. */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `unknown key, allowed here: ${Object.keys(shape).join(', ')}` : undefined,
  })

/** One line of text without surrounding blanks. */
export const line = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text === text.trim() && !/\p{Cc}/u.test(text), {
    error: 'expected one line without blanks around it',
  })

export const identifier = section({ system: line, value: line })

/** Name of a file, relative to the data directory. A secret written here by mistake would show up in messages. */
export const fileName = line.refine((name) => !/^whs(ec|k)_/.test(name) && !name.includes('://'), {
  error: 'expected the name of a file, not what belongs in it',
})

/** http or https, without user, password or fragment. Messages never quote it: it may carry a credential. */
export const webUrl = z
  .string()
  .refine((text) => isWebUrl(text), { error: 'expected an http or https url without user, password or fragment' })

const isWebUrl = (text: string): boolean => {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return false
  return url.username === '' && url.password === '' && url.hash === ''
}

/**
 * An e-mail address as a dot-atom at a domain name (RFC 5321 §4.1.2): ASCII, no quotes, comments or names, and so nothing
 * that could end a header or a command.
 */
export const mailAddress = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$/,
    { error: 'expected one plain e-mail address such as team@example.fi' },
  )
