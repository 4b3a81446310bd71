// Written by `npm run profiles`; see tools/profiles/update-fsh.ts.
Profile: ToldIdentity
Parent: ToldUpdate
Id: told-identity
Title: "Told: identity"
Description: "`identity` as it is told at its only level: client-name, birth-date, personal-identity-code, phone, municipality."
* category = $information#identity
* extension[update].extension[date] 0..0
* extension[update].extension[affects-work] 0..0
* extension[update].extension[suggestion] 0..0
* extension[update].extension[review-date] 0..0
* extension[update].extension[contact-role] 0..0
* extension[update].extension[contact-phone] 0..0
* extension[update].extension[effect] 0..0
* extension[update].extension[effect-duration] 0..0
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
