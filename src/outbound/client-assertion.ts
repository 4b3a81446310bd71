import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'

/** A private key for ES384 with the name under which the other side knows its public half. */
export type SigningKey = { readonly key: KeyObject; readonly kid: string }

/** @returns undefined for everything but a private JWK on P-384 with a `kid`. */
export const signingKeyFrom = (json: string): SigningKey | undefined => {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- judged by the library in the next line
    const jwk = JSON.parse(json) as JsonWebKey
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    const { kid } = jwk
    return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' && typeof kid === 'string' ? { key, kid } : undefined
  } catch {
    // Without the cause: its message may quote the key.
    return undefined
  }
}

/**
 * How a system proves who it is at a token endpoint (SMART App Launch 2.2 "Authenticating to the Token Endpoint",
 * RFC 7523 §3): the form to post. Good for one minute and one use.
 *
 * @param now epoch milliseconds. @param jti never used before.
 */
export const tokenRequestForm = async ({
  clientId,
  tokenUrl,
  scope,
  signingKey: { key, kid },
  now,
  jti,
}: {
  readonly clientId: string
  readonly tokenUrl: string
  readonly scope: string
  readonly signingKey: SigningKey
  readonly now: number
  readonly jti: string
}): Promise<URLSearchParams> => {
  const iat = Math.floor(now / 1000)
  const assertion = new SignJWT({ iss: clientId, sub: clientId, aud: tokenUrl, iat, exp: iat + 60, jti })
  return new URLSearchParams({
    grant_type: 'client_credentials',
    scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion.setProtectedHeader({ alg: 'ES384', kid, typ: 'JWT' }).sign(key),
  })
}
