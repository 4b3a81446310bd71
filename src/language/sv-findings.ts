import type { Catalog } from './catalog.ts'

export const svFindings = {
  unreadable: 'något i samtycket går inte att läsa: det tillåter ingenting innan det är rättat',
  'root-not-deny': 'det yttersta villkoret ska vara ett förbud som tillstånden avviker från',
  'root-deny-alone':
    'det yttersta förbudet står ensamt: det förbjuder allt det gäller, också det som andra samtycken tillåter; om bara det här samtycket återkallas, markera det som avslutat (inactive)',
  'nested-type-missing': 'ett inre villkor säger inte om det är ett tillstånd eller ett förbud',
  'deny-under-deny':
    'ett förbud inuti ett förbud: det förbjuder detta också när ett annat samtycke tillåter det; var tanken att tillåta?',
  'nested-too-deep': 'för många villkor inuti varandra: skriv varje tillstånd direkt under det yttersta förbudet',
  'role-unknown': 'aktörens roll är okänd: använd mottagare (IRCP) eller avsändare (CST)',
  'actor-unresolved': 'aktören hittas inte: tillståndet gäller ingen innan hen kan identifieras',
  'recipient-missing': 'tillståndet nämner ingen mottagare och tillåter därför ingenting',
  'purpose-missing': 'tillståndet nämner inget ändamål och tillåter därför ingenting',
  'purpose-never-allowed': 'för det här ändamålet berättas aldrig något via den här tjänsten',
  'research-needs-own-consent': 'forskning behöver ett eget samtycke, och i det kan inget annat stå',
  'period-invalid': 'giltighetstiden går inte att läsa, eller den slutar innan den börjar',
  'code-unknown': 'informationsgruppen eller dess nivå är okänd',
  'label-undecidable': 'av säkerhetsmärkningen framgår inte vad den avgränsar',
  'no-effect': 'samtycket varken tillåter eller förbjuder något',
  'overlapping-consents':
    'ett annat gällande samtycke tillåter samma sak för samma mottagare: när det ena återkallas finns det andra kvar',
  'replaced-unknown': 'samtycket som ska ersättas hittas inte hos den här klienten',
  'replaced-by-other-signer': 'ett samtycke som klienten själv har skrivit under kan bara klienten ersätta',
} as const satisfies Catalog['finding']
