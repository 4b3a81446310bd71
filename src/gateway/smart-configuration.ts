import type { Parties } from '../domain/party.ts'

/** Body of `GET /.well-known/smart-configuration` (SMART App Launch 2.2 "Conformance"); JSON whatever is accepted. */
export const smartConfiguration = (baseUrl: string, parties: Parties) => ({
  token_endpoint: `${baseUrl}/auth/token`,
  grant_types_supported: ['client_credentials'],
  token_endpoint_auth_methods_supported: ['private_key_jwt'],
  token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
  scopes_supported: [...new Set(parties.all.flatMap(({ scopes }) => scopes))].toSorted(),
  // Required to be present although no authorization code is ever handed out here.
  code_challenge_methods_supported: ['S256'],
  capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
})
