import type { Catalog } from './catalog.ts'

/** What became of a disclosure, and why. */
export const svDisclosure = {
  reason: {
    denied: {
      staff: 'klienten har sagt nej till detta; prata om saken tillsammans om den är viktig',
      client: 'du har sagt nej till detta; du kan ändra dig när som helst',
    },
    indeterminate: {
      staff: 'det är inte säkert att ett samtycke omfattar detta; be den som registrerar samtycken kontrollera saken',
      client:
        'det var inte säkert att ditt samtycke omfattar detta; be din egenvårdare eller arbetstränare kontrollera',
    },
    'no-applicable-consent': {
      staff: 'inget skriftligt samtycke omfattar detta; fråga klienten',
      client:
        'du har inte gett tillstånd till detta, eller så har det upphört eller återkallats av dig; du kan ge det på nytt',
    },
    'nothing-to-employers': {
      staff: 'ingenting skickas någonsin till en arbetsgivare; klienten kan berätta själv',
      client: 'ingenting skickas någonsin till en arbetsgivare; du avgör själv vad du berättar',
    },
    'teams-only': {
      staff: 'detta går bara till arbetstränarteam och vårdteam; skicka det till klientens eget team',
      client: 'detta går bara till arbetstränarteam och vårdteam, oavsett vad man kommer överens om',
    },
    'purpose-never-allowed': {
      staff: 'tjänsten används aldrig för detta ändamål; gå den officiella vägen i din egen organisation',
      client: 'tjänsten används aldrig för detta ändamål, oavsett vad man kommer överens om',
    },
    'client-deceased': {
      staff: 'klienten är antecknad som avliden och inget mer skickas; avsluta ärendet eller rätta anteckningen',
      client: 'dina uppgifter skickas inte längre; om detta är ett misstag, berätta det för ditt vårdteam',
    },
    'client-minor': {
      staff: 'klienten är under 18 år och tjänsten är för vuxna; kom överens om ett annat sätt tillsammans',
      client: 'tjänsten är för den som har fyllt 18 år',
    },
    'recipient-not-in-care-team': {
      staff: 'mottagaren arbetar inte med den här klienten nu; kontrollera vem som gör det',
      client: 'mottagaren arbetar inte med dig nu',
    },
    'no-recipient': {
      staff: 'ingen mottagare hittades; kontrollera klientens arbetstränare och vårdteam',
      client: 'ingen mottagare hittades; be din egenvårdare eller arbetstränare kontrollera vilka som hjälper dig',
    },
    'direction-not-allowed': {
      staff: 'sådan information går inte i den här riktningen; kontrollera vem som ska berätta den',
      client: 'sådan information går inte i den här riktningen',
    },
    'category-not-told': {
      staff: 'tjänsten förmedlar inte sådan information; kom överens med klienten om ett annat sätt',
      client: 'tjänsten förmedlar inte sådan information; du kan berätta den själv',
    },
    'meeting-has-passed': {
      staff: 'mötet var redan över; berätta om nästa möte innan det hålls',
      client: 'mötet var redan över',
    },
    'taken-back': {
      staff:
        'avsändaren tog tillbaka detta, eftersom det var fel; en eventuell rättelse kommer som ett nytt meddelande',
      client: 'avsändaren tog tillbaka detta, eftersom det var fel',
    },
  },
  state: {
    refused: {
      staff: 'inte skickat eftersom tillstånd saknades; innehållet sparades inte',
      client: 'det fanns inget tillstånd till detta, och innehållet sparades inte',
    },
    held: { staff: 'väntar på klientens samtycke', client: 'detta väntar på ditt samtycke' },
    queued: { staff: 'väntar på att skickas', client: 'detta väntar på att skickas' },
    sending: { staff: 'skickas som bäst', client: 'detta skickas just nu' },
    'possibly-received': {
      staff: 'skickat, men det är inte säkert att det kom fram',
      client: 'det är inte säkert att detta kom fram',
    },
    delivered: { staff: 'har kommit fram', client: 'detta har kommit fram' },
    withheld: {
      staff: 'stoppat strax före sändningen eftersom tillståndet hade ändrats',
      client: 'detta stoppades strax före sändningen eftersom tillståndet hade ändrats',
    },
    expired: {
      staff: 'skickades inte i tid; uppgiften är föråldrad',
      client: 'detta skickades inte i tid och är nu föråldrat',
    },
    superseded: {
      staff: 'inte skickat eftersom nyare information kom i stället',
      client: 'nyare information kom i stället för detta',
    },
    skipped: {
      staff: 'kunde inte levereras; driften har gett upp sändningen',
      client: 'detta kunde inte levereras, och nya försök görs inte',
    },
    dead: {
      staff: 'kunde inte levereras; någon behöver reda ut saken',
      client: 'detta kunde inte levereras av tekniska skäl',
    },
  },
  notice: {
    'permissions-changed': 'Tillstånden har ändrats; se klientens sida.',
    'permission-ends-soon': 'Ett tillstånd upphör inom en månad; se klientens sida.',
    'referral-state-changed': 'En remiss har gått vidare; se klientens sida.',
    'referral-waits-for-consent': 'En remiss väntar på klientens samtycke; se klientens sida.',
  },
  somethingNew: 'Det finns något nytt att läsa i förmedlingstjänsten.',
} as const satisfies Pick<Catalog, 'reason' | 'state' | 'notice' | 'somethingNew'>
