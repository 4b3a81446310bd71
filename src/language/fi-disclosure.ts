import type { Catalog } from './catalog.ts'

/** What became of a disclosure, and why. */
export const fiDisclosure = {
  reason: {
    denied: {
      staff: 'asiakas on kieltänyt tämän; keskustelkaa asiasta yhdessä, jos se on tärkeä',
      client: 'olet kieltänyt tämän; voit muuttaa mielesi milloin vain',
    },
    indeterminate: {
      staff: 'ei ole varmaa, kattaako suostumus tämän; pyydä suostumusten kirjaajaa tarkistamaan asia',
      client: 'ei ollut varmaa, kattaako suostumuksesi tämän; pyydä omahoitajaa tai valmentajaa tarkistamaan asia',
    },
    'no-applicable-consent': {
      staff: 'mikään kirjallinen suostumus ei kata tätä; kysy asiakkaalta',
      client: 'et ole antanut tähän lupaa, tai lupa on päättynyt tai olet perunut sen; voit antaa luvan uudelleen',
    },
    'nothing-to-employers': {
      staff: 'työnantajalle ei lähetetä koskaan mitään; asiakas voi kertoa itse',
      client: 'työnantajalle ei lähetetä koskaan mitään; sinä päätät, mitä kerrot',
    },
    'teams-only': {
      staff: 'tämä tieto menee vain valmennustiimille ja hoitotiimille; lähetä se asiakkaan omalle tiimille',
      client: 'tämä tieto menee vain valmennustiimille ja hoitotiimille, sovittiinpa mitä tahansa',
    },
    'purpose-never-allowed': {
      staff: 'tätä palvelua ei käytetä koskaan tähän tarkoitukseen; käytä oman organisaatiosi virallista reittiä',
      client: 'tätä palvelua ei käytetä koskaan tähän tarkoitukseen, sovittiinpa mitä tahansa',
    },
    'client-deceased': {
      staff: 'asiakas on merkitty kuolleeksi, eikä mitään enää lähetetä; päätä asiakkuus tai korjaa merkintä',
      client: 'tietojesi lähettäminen on lopetettu; jos tämä on virhe, kerro siitä hoitotiimillesi',
    },
    'client-minor': {
      staff: 'asiakas on alle 18-vuotias, ja palvelu on tarkoitettu aikuisille; sopikaa yhdessä muusta tavasta',
      client: 'tämä palvelu on tarkoitettu 18 vuotta täyttäneille',
    },
    'recipient-not-in-care-team': {
      staff: 'vastaanottaja ei nyt työskentele tämän asiakkaan kanssa; tarkista, kuka työskentelee',
      client: 'vastaanottaja ei nyt työskentele kanssasi',
    },
    'no-recipient': {
      staff: 'tälle ei löytynyt vastaanottajaa; tarkista asiakkaan valmentaja ja hoitotiimi',
      client: 'tälle ei löytynyt vastaanottajaa; pyydä omahoitajaa tai valmentajaa tarkistamaan, ketkä auttavat sinua',
    },
    'direction-not-allowed': {
      staff: 'tällainen tieto ei kulje tähän suuntaan; tarkista, kenen kuuluu kertoa se',
      client: 'tällainen tieto ei kulje tähän suuntaan',
    },
    'category-not-told': {
      staff: 'tämä palvelu ei välitä tällaista tietoa; sovi asiakkaan kanssa muusta tavasta',
      client: 'tämä palvelu ei välitä tällaista tietoa; voit kertoa sen itse',
    },
    'meeting-has-passed': {
      staff: 'tapaaminen oli jo ohi; kerro seuraavasta ennen kuin se pidetään',
      client: 'tapaaminen oli jo ohi',
    },
    'taken-back': {
      staff: 'lähettäjä otti tämän takaisin, koska siinä oli virhe; mahdollinen korjaus tulee uutena viestinä',
      client: 'lähettäjä otti tämän takaisin, koska siinä oli virhe',
    },
  },
  state: {
    refused: {
      staff: 'ei lähetetty, koska lupaa ei ollut; sisältöä ei säilytetty',
      client: 'tähän ei ollut lupaa, eikä sisältöä säilytetty',
    },
    held: { staff: 'odottaa asiakkaan suostumusta', client: 'tämä odottaa suostumustasi' },
    queued: { staff: 'odottaa lähettämistä', client: 'tämä odottaa lähettämistä' },
    sending: { staff: 'lähetetään parhaillaan', client: 'tätä lähetetään juuri nyt' },
    'possibly-received': {
      staff: 'lähetetty, mutta ei ole varmaa, menikö se perille',
      client: 'ei ole varmaa, menikö tämä perille',
    },
    delivered: { staff: 'mennyt perille', client: 'tämä on mennyt perille' },
    withheld: {
      staff: 'pysäytetty juuri ennen lähettämistä, koska lupa oli muuttunut',
      client: 'tämä pysäytettiin juuri ennen lähettämistä, koska lupa oli muuttunut',
    },
    expired: {
      staff: 'ei lähetetty ajoissa; tieto on vanhentunut',
      client: 'tätä ei lähetetty ajoissa, ja tieto on vanhentunut',
    },
    superseded: {
      staff: 'ei lähetetty, koska uudempi tieto tuli tilalle',
      client: 'uudempi tieto tuli tämän tilalle',
    },
    skipped: {
      staff: 'ei voitu toimittaa; ylläpitäjä on luopunut lähettämisestä',
      client: 'tätä ei voitu toimittaa, eikä sitä enää yritetä',
    },
    dead: {
      staff: 'ei voitu toimittaa; jonkun on selvitettävä asia',
      client: 'tätä ei voitu toimittaa teknisestä syystä',
    },
  },
  notice: {
    'permissions-changed': 'Luvat ovat muuttuneet; katso asiakkaan sivua.',
    'permission-ends-soon': 'Jokin lupa päättyy kuukauden kuluessa; katso asiakkaan sivua.',
    'referral-state-changed': 'Lähete on edennyt; katso asiakkaan sivua.',
    'referral-waits-for-consent': 'Lähete odottaa asiakkaan suostumusta; katso asiakkaan sivua.',
  },
  somethingNew: 'Välityspalvelussa on uutta luettavaa.',
} as const satisfies Pick<Catalog, 'reason' | 'state' | 'notice' | 'somethingNew'>
