import type { Language } from '../src/domain/party.ts'

/** What the demonstration says itself; everything a party reads comes from the gateway. */
type Words = Readonly<
  Record<
    | 'title'
    | 'referral'
    | 'accepted'
    | 'monday'
    | 'tuesday'
    | 'wednesday'
    | 'teamInbox'
    | 'teamWebhook'
    | 'away'
    | 'thursday'
    | 'withheld'
    | 'friday'
    | 'refused'
    | 'hospitalReport'
    | 'office'
    | 'officeNothing'
    | 'log'
    | 'preview'
    | 'others'
    | 'good'
    | 'bad'
    | 'same'
    | 'hospitalInbox',
    string
  >
>

export const demoWords: Readonly<Record<Language, Words>> = {
  fi: {
    title: 'Ainon tarina: mitä kukin osapuoli näki ja mitä ei kerrottu',
    preview: 'Sairaala kysyy ennen lähettämistä, mitä valmentaja lukisi',
    referral:
      'Sairaala lähettää lähetteen ja Ainon allekirjoittaman suostumuksen (PDF, tiiviste, hoitotaho tarkastanut)',
    accepted: 'IPS-tiimi hyväksyy lähetteen',
    hospitalInbox: 'Sairaalan saapuneet',
    monday: 'Maanantai: lääkehoito muuttuu, omahoitaja kertoo mitä odottaa',
    tuesday: 'Tiistai: hoitoneuvottelu sovitaan',
    wednesday: 'Keskiviikko: haetaan kuntoutustukea',
    teamInbox: 'Valmentajan saapuneet',
    teamWebhook: 'Valmentajan oma järjestelmä (allekirjoitettu webhook)',
    away: 'Valmentajan järjestelmä on poissa; uusi lääkemuutos jää jonoon',
    thursday: 'Torstai: Aino peruu lääkehoitoa koskevan suostumuksen',
    withheld: 'Jonossa ollut muutos pidätetään; valmentajalle menee vain sisällötön ilmoitus',
    friday: 'Perjantai: sairaala lähettää taas lääkemuutoksen',
    refused: 'Evätään saapuessa, sisältöä ei säilytetä',
    hospitalReport: 'Mitä sairaalan lähettämille tiedoille tapahtui',
    office: 'Saman kunnan työllisyyspalvelu kysyy samasta asiakkaasta',
    officeNothing: 'ei mitään',
    log: 'Ainon oma loki',
    others: 'Mitä muut ovat kirjoittaneet, ja mitä portti vastaa',
    good: 'Kaikki meni niin kuin piti.',
    bad: 'TÄMÄ EI MENNYT NIIN KUIN PITI',
    same: 'kuten piti',
  },
  sv: {
    title: 'Berättelsen om Aino: vad varje part såg och vad som inte berättades',
    preview: 'Sjukhuset frågar före sändningen vad arbetstränaren skulle läsa',
    referral: 'Sjukhuset sänder remissen och samtycket som Aino undertecknat (PDF, hash, granskat av vården)',
    accepted: 'IPS-teamet godkänner remissen',
    hospitalInbox: 'Sjukhusets inkorg',
    monday: 'Måndag: medicineringen ändras, egenvårdaren berättar vad som är att vänta',
    tuesday: 'Tisdag: ett vårdmöte bokas',
    wednesday: 'Onsdag: rehabiliteringsstöd söks',
    teamInbox: 'Arbetstränarens inkorg',
    teamWebhook: 'Arbetstränarens eget system (signerad webhook)',
    away: 'Arbetstränarens system är borta; en ny ändring i medicineringen står i kö',
    thursday: 'Torsdag: Aino återkallar samtycket om medicineringen',
    withheld: 'Ändringen i kön hålls inne; arbetstränaren får bara ett meddelande utan innehåll',
    friday: 'Fredag: sjukhuset sänder åter en ändring i medicineringen',
    refused: 'Avslås vid ankomsten, innehållet sparas inte',
    hospitalReport: 'Vad som hände med det sjukhuset sände',
    office: 'Samma kommuns sysselsättningstjänst frågar efter samma klient',
    officeNothing: 'ingenting',
    log: 'Ainos egen logg',
    others: 'Vad andra har skrivit, och vad porten svarar',
    good: 'Allt gick som det skulle.',
    bad: 'DET HÄR GICK INTE SOM DET SKULLE',
    same: 'som det skulle',
  },
  en: {
    title: 'The story of Aino: what each party saw and what was not told',
    preview: 'Before sending, the hospital asks what the coach would read',
    referral: 'The hospital sends the referral and the consent Aino signed (PDF, hashed, verified by the care side)',
    accepted: 'The IPS team accepts the referral',
    hospitalInbox: "The hospital's inbox",
    monday: 'Monday: the medication changes, the nurse says what to expect',
    tuesday: 'Tuesday: a care negotiation is booked',
    wednesday: 'Wednesday: rehabilitation support is applied for',
    teamInbox: "The coach's inbox",
    teamWebhook: "The coach's own system (signed webhook)",
    away: "The coach's system is away; another medication change waits in the queue",
    thursday: 'Thursday: Aino withdraws the consent for medication',
    withheld: 'The queued change is withheld; the coach gets a notice without content',
    friday: 'Friday: the hospital sends a medication change again',
    refused: 'Refused on arrival, the content is not kept',
    hospitalReport: 'What became of what the hospital sent',
    office: 'The employment service of the same municipality asks about the same client',
    officeNothing: 'nothing',
    log: "Aino's own log",
    others: 'What others have written, and what the gateway answers',
    good: 'Everything went as it must.',
    bad: 'THIS DID NOT GO AS IT MUST',
    same: 'as it must be',
  },
}
