// Written by `npm run profiles`; see tools/profiles/update-fsh.ts.
Profile: ToldMedicationEffect
Parent: ToldUpdate
Id: told-medication-effect
Title: "Told: medication.effect"
Description: "`medication` as it is told at level `effect`: date, affects-work, suggestion, review-date, contact-role, contact-phone, effect, effect-duration."
* category = $information#medication.effect
* extension[update] 1..1
* extension[update].extension[date] 1..1
* extension[update].extension[kind] 0..0
* extension[update].extension[substance] 0..0
* extension[update].extension[strength] 0..0
* extension[update].extension[dose] 0..0
* extension[update].extension[meeting-status] 0..0
* extension[update].extension[start] 0..0
* extension[update].extension[end] 0..0
* extension[update].extension[invited] 0..0
* extension[update].extension[place] 0..0
* extension[update].extension[summary] 0..0
* extension[update].extension[benefit] 0..0
* extension[update].extension[state] 0..0
* extension[update].extension[source] 0..0
* extension[update].extension[period-start] 0..0
* extension[update].extension[period-end] 0..0
* extension[update].extension[amount] 0..0
* extension[update].extension[referred] 0..0
* extension[update].extension[wish] 0..0
* extension[update].extension[task] 0..0
* extension[update].extension[client-name] 0..0
* extension[update].extension[birth-date] 0..0
* extension[update].extension[personal-identity-code] 0..0
* extension[update].extension[phone] 0..0
* extension[update].extension[municipality] 0..0
