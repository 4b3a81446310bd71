import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { MedplumClient, type OperationOutcomeError } from '@medplum/core'
import { Client as FhirKitClient } from 'fhir-kit-client'
import smart from 'fhirclient'
import type { Json } from '../../demo/story-resources.ts'
import type { RunningGateway } from '../support/running-gateway.ts'

/** What a FHIR client says when the server refused; each tells it in its own way. */
export type Refusal = {
  /** Undefined where the client keeps it to itself. */
  readonly status: number | undefined
  readonly outcome: any
}

/** Somebody else's FHIR client, doing each thing the way its own documentation does it. */
export type OtherClient = {
  /** For a transaction or a batch. */
  bundle(bundle: Json): Promise<any>
  create(resource: Json): Promise<any>
  createIfNoneExist(resource: Json, query: string): Promise<any>
  read(type: string, id: string): Promise<any>
  version(type: string, id: string, version: string): Promise<any>
  history(type: string, id: string): Promise<any>
  search(type: string, query: Readonly<Record<string, string>>): Promise<any>
  /** The following pages of a searchset, one after the other. */
  pages(first: any): Promise<readonly any[]>
  update(resource: Json, headers?: Readonly<Record<string, string>>): Promise<any>
  remove(type: string, id: string): Promise<any>
  patch(type: string, id: string): Promise<any>
  capabilities(): Promise<any>
  refusal(error: unknown): Refusal
}

const replaceName = [{ op: 'replace', path: '/name', value: 'x' }] as const

/** Does SMART Backend Services by itself, given the assertion; asks for no scope, so that it gets what it may have. */
export const medplumClient = async (gateway: RunningGateway, clientId: string): Promise<OtherClient> => {
  const medplum = new MedplumClient({
    baseUrl: gateway.url,
    fhirUrlPath: 'fhir',
    tokenUrl: 'auth/token',
    clientId,
    cacheTime: 0,
  })
  await medplum.startJwtAssertionLogin(await gateway.assertion(clientId))
  const typed = medplum as any
  return {
    bundle: (bundle) => typed.executeBatch(bundle),
    create: (resource) => typed.createResource(resource),
    createIfNoneExist: (resource, query) => typed.createResourceIfNoneExist(resource, query),
    read: (type, id) => typed.readResource(type, id),
    version: (type, id, version) => typed.readVersion(type, id, version),
    history: (type, id) => typed.readHistory(type, id),
    search: (type, query) => typed.search(type, query),
    pages: async (first) => {
      const pages: any[] = []
      for (let next = nextOf(first); next !== undefined; next = nextOf(pages.at(-1))) pages.push(await typed.get(next))
      return pages
    },
    update: (resource, headers = {}) => typed.updateResource(resource, { headers }),
    remove: (type, id) => typed.deleteResource(type, id),
    patch: (type, id) => typed.patchResource(type, id, replaceName),
    capabilities: () => typed.get('fhir/metadata'),
    refusal: (error) => ({ status: undefined, outcome: (error as OperationOutcomeError).outcome }),
  }
}

const nextOf = (bundle: any): string | undefined =>
  bundle.link?.find(({ relation }: { relation: string }) => relation === 'next')?.url

/** Takes a bearer token; asks the server itself where tokens are made. */
export const fhirKitClient = async (gateway: RunningGateway, clientId: string): Promise<OtherClient> => {
  const client = new FhirKitClient({ baseUrl: `${gateway.url}/fhir` })
  const { tokenUrl } = await client.smartAuthMetadata()
  client.bearerToken = await tokenFrom(String(tokenUrl), await gateway.assertion(clientId))
  return {
    bundle: (body) =>
      body['type'] === 'batch' ? client.batch({ body: fhir(body) }) : client.transaction({ body: fhir(body) }),
    create: (resource) => client.create({ resourceType: typeOf(resource), body: fhir(resource) }),
    createIfNoneExist: (resource, query) =>
      client.create({
        resourceType: typeOf(resource),
        body: fhir(resource),
        options: { headers: { 'If-None-Exist': query } },
      }),
    read: (resourceType, id) => client.read({ resourceType, id }),
    version: (resourceType, id, version) => client.vread({ resourceType, id, version }),
    history: (resourceType, id) => client.history({ resourceType, id }),
    search: (resourceType, searchParams) => client.search({ resourceType, searchParams }),
    pages: async (first) => {
      const pages: any[] = []
      for (let page = first; ;) {
        const next = client.nextPage({ bundle: page })
        if (next === undefined) return pages
        page = await next
        pages.push(page)
      }
    },
    update: (resource, headers = {}) =>
      client.update({
        resourceType: typeOf(resource),
        id: String(resource['id']),
        body: fhir(resource),
        options: { headers },
      }),
    remove: (resourceType, id) => client.delete({ resourceType, id }),
    patch: (resourceType, id) => client.patch({ resourceType, id, jsonPatch: [...replaceName] }),
    capabilities: () => client.capabilityStatement(),
    refusal: (error) => {
      const { status, data } = (error as { readonly response: { readonly status: number; readonly data: unknown } })
        .response
      return { status, outcome: data }
    },
  }
}

/** On a server it works within an incoming request, of which it needs no more than that it is there. */
export const smartJsClient = async (gateway: RunningGateway, clientId: string): Promise<OtherClient> => {
  const request = new IncomingMessage(new Socket())
  const access_token = await tokenFrom(`${gateway.url}/auth/token`, await gateway.assertion(clientId))
  const client = smart(request, new ServerResponse(request)).client({
    serverUrl: `${gateway.url}/fhir`,
    tokenResponse: { access_token },
  })
  const ask = (path: string, options: object = {}) => client.request({ url: path, ...options })
  return {
    bundle: (bundle) =>
      ask('/', { method: 'POST', body: JSON.stringify(bundle), headers: { 'content-type': 'application/fhir+json' } }),
    create: (resource) => client.create(fhir(resource)),
    createIfNoneExist: (resource, query) => client.create(fhir(resource), { headers: { 'If-None-Exist': query } }),
    read: (type, id) => ask(`${type}/${id}`),
    version: (type, id, version) => ask(`${type}/${id}/_history/${version}`),
    history: (type, id) => ask(`${type}/${id}/_history`),
    search: (type, query) => ask(`${type}?${new URLSearchParams(query)}`),
    pages: async (first) => {
      const pages: any[] = []
      for await (const page of client.pages(first)) pages.push(page)
      return pages.slice(1)
    },
    update: (resource, headers = {}) => client.update(fhir(resource), { headers }),
    remove: (type, id) => client.delete(`${type}/${id}`),
    patch: (type, id) => client.patch(`${type}/${id}`, [...replaceName]),
    capabilities: () => ask('metadata'),
    refusal: (error) => {
      const { status, message } = error as { readonly status: number; readonly message: string }
      return { status, outcome: JSON.parse(message.slice(message.indexOf('{'))) }
    },
  }
}

/** What a system that has no Backend Services in its FHIR client does beside it. */
const tokenFrom = async (tokenUrl: string, assertion: string): Promise<string> => {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      scope: 'system/*.cruds',
    }),
  })
  const { access_token } = (await response.json()) as { readonly access_token?: string }
  if (access_token === undefined) throw new Error(`no token: ${response.status}`)
  return access_token
}

const fhir = (resource: Json): Json & { readonly resourceType: string } => ({
  ...resource,
  resourceType: typeOf(resource),
})
const typeOf = (resource: Json): string => String(resource['resourceType'])
