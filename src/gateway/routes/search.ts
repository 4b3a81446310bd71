import { type Context, Hono } from 'hono'
import type { Exchange } from '../../exchange/exchange.ts'
import { searchResources } from '../../exchange/search-resources.ts'
import { readQuery } from '../../fhir/search/read-query.ts'
import { writeSearchset } from '../../fhir/write/searchset.ts'
import { actionFor, type ServedType, servedType } from '../interactions.ts'
import { type Page, type PageLinks, pageLinks } from '../page-link.ts'
import { readBytes } from '../read-body.ts'
import { fhir, forbidden, outcome, refuse } from '../respond.ts'
import { requireScope } from '../scopes.ts'
import type { Env } from './fhir.ts'

export type SearchDeps = { readonly exchange: Exchange; readonly baseUrl: string; readonly linkSecret: Uint8Array }

/**
 * `GET /fhir/{type}?…` and `POST /fhir/{type}/_search` (R4 http.html §3.1.0.9). A type that cannot be searched is left to
 * the routes behind, which say what it can.
 */
export const searchRoutes = (deps: SearchDeps): Hono<Env> => {
  const routes = new Hono<Env>()
  const links = pageLinks(deps.linkSecret)
  routes.get('/:type', async (c, next) => {
    const served = searchable(c)
    return served === undefined ? next() : answer(c, served, [...parametersInUrl(c)], { ...deps, links })
  })
  routes.post('/:type/_search', async (c, next) => {
    const served = searchable(c)
    if (served === undefined) return next()
    const form = await readForm(c)
    if (form instanceof Response) return form
    return answer(c, served, [...parametersInUrl(c), ...form], { ...deps, links })
  })
  return routes
}

const searchable = (c: Context<Env>): ServedType | undefined => {
  const served = servedType(c.req.param('type') ?? '')
  return served?.interactions.includes('search-type') === true ? served : undefined
}

type Parameters = readonly (readonly [string, string])[]

const parametersInUrl = (c: Context<Env>): URLSearchParams => new URL(c.req.url).searchParams

const LONGEST_FORM = 16_384

const readForm = async (c: Context<Env>): Promise<Parameters | Response> => {
  const mediaType = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (mediaType !== 'application/x-www-form-urlencoded') {
    const diagnostics = 'send the parameters of the search as `application/x-www-form-urlencoded`'
    return refuse(c, 415, { code: 'not-supported', diagnostics, error: 'sender-media-type' })
  }
  const bytes = await readBytes(c, LONGEST_FORM)
  if (bytes === undefined) {
    const diagnostics = `the parameters are longer than ${LONGEST_FORM} bytes: ask for less at once`
    return refuse(c, 413, { code: 'too-long', diagnostics, error: 'sender-body-too-large' })
  }
  return [...new URLSearchParams(new TextDecoder().decode(bytes))]
}

/** The one parameter of a link to the next page. */
const PAGE = '_page'

const answer = async (
  c: Context<Env>,
  served: ServedType,
  asked: Parameters,
  { exchange, baseUrl, links }: SearchDeps & { readonly links: PageLinks },
): Promise<Response> => {
  const { party, clientId } = c.var.caller
  const type = c.req.param('type') ?? ''
  const action = actionFor['search-type']
  if (!requireScope(c.var.caller, type, action)) return forbidden(c, `system/${type}.${action}`)
  const page = pageOf(type, asked, (sealed) => links.open(sealed, clientId))
  if (page === undefined) return badPage(c)
  const read = readQuery(page.parameters, Object.keys(served.search), exchange.policy.zone)
  if (read.outcome === 'refused') return outcome(c, 400, read.issues)
  const found = await searchResources(exchange, party, { type, ...read.query, after: page.after })
  const next = found.next === undefined ? undefined : links.seal({ ...page, after: found.next }, clientId)
  const url = `${baseUrl}/fhir/${type}`
  const self = new URLSearchParams(asked.map(([name, value]): [string, string] => [name, value])).toString()
  return fhir(
    c,
    writeSearchset(found, {
      baseUrl: `${baseUrl}/fhir`,
      type,
      self: self === '' ? url : `${url}?${self}`,
      next: next === undefined ? undefined : `${url}?${PAGE}=${next}`,
    }),
  )
}

const pageOf = (
  type: string,
  asked: Parameters,
  open: (sealed: string) => Page | undefined,
): (Omit<Page, 'after'> & { readonly after: string | undefined }) | undefined => {
  const [, sealed] = asked.find(([name]) => name === PAGE) ?? []
  if (sealed === undefined) return { type, parameters: asked, after: undefined }
  // A link is followed as it is: parameters beside it would be of another search.
  const page = asked.length === 1 ? open(sealed) : undefined
  return page?.type === type ? page : undefined
}

const badPage = (c: Context<Env>): Response =>
  refuse(c, 400, {
    code: 'value',
    diagnostics: 'this is no link to a next page that was given to you for this type: begin the search again',
    error: 'sender-query-invalid',
  })
