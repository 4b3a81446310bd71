import type { Catalog } from './catalog.ts'

export const fiFindings = {
  unreadable: 'jotakin tässä suostumuksessa ei voi lukea: se ei salli mitään ennen kuin se on korjattu',
  'root-not-deny': 'uloimman ehdon tulee olla kielto, josta luvat poikkeavat',
  'root-deny-alone':
    'uloin kielto on yksin: se kieltää kaiken, mitä se koskee, myös sen, minkä muut suostumukset sallivat; jos vain tämä suostumus perutaan, merkitse se päättyneeksi (inactive)',
  'nested-type-missing': 'sisempi ehto ei kerro, onko se lupa vai kielto',
  'deny-under-deny':
    'kielto kiellon sisällä: se kieltää tämän myös silloin, kun toinen suostumus sallii sen; oliko tarkoitus sallia?',
  'nested-too-deep': 'ehtoja on liian monta sisäkkäin: kirjoita jokainen lupa suoraan uloimman kiellon alle',
  'role-unknown': 'toimijan roolia ei tunneta: käytä vastaanottajaa (IRCP) tai lähettäjää (CST)',
  'actor-unresolved': 'toimijaa ei löydy: lupa ei koske ketään ennen kuin hänet voi tunnistaa',
  'recipient-missing': 'lupa ei nimeä vastaanottajaa eikä siksi salli mitään',
  'purpose-missing': 'lupa ei nimeä tarkoitusta eikä siksi salli mitään',
  'purpose-never-allowed': 'tähän tarkoitukseen ei tämän palvelun kautta kerrota koskaan mitään',
  'research-needs-own-consent': 'tutkimus tarvitsee oman suostumuksensa, ja siinä ei voi olla muuta',
  'period-invalid': 'voimassaoloaikaa ei voi lukea, tai se päättyy ennen kuin alkaa',
  'code-unknown': 'tietoryhmää tai sen tasoa ei tunneta',
  'label-undecidable': 'turvamerkinnästä ei voi päätellä, mitä se rajaa',
  'no-effect': 'suostumus ei salli eikä kiellä mitään',
  'overlapping-consents':
    'toinen voimassa oleva suostumus sallii samaa samalle vastaanottajalle: kun toinen perutaan, toinen jää',
  'replaced-unknown': 'korvattavaa suostumusta ei löydy tältä asiakkaalta',
  'replaced-by-other-signer': 'asiakkaan itse allekirjoittaman suostumuksen voi korvata vain hän itse',
} as const satisfies Catalog['finding']
