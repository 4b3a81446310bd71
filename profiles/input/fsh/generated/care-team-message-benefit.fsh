// Written by `npm run profiles`; see tools/profiles/update-fsh.ts.
Profile: CareTeamMessageBenefit
Parent: CareTeamMessage
Id: care-team-message-benefit
Title: "Care team's message: benefit"
Description: "What a care team posts about `benefit`: any of its fields, of the levels period, amount."
* category = $information#benefit
* extension[update] 1..1
* extension[update].extension[benefit] 1..1
* extension[update].extension[state] 1..1
* extension[update].extension[source] 1..1
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
* extension[update].extension[referred] 0..0
* extension[update].extension[wish] 0..0
* extension[update].extension[task] 0..0
* extension[update].extension[client-name] 0..0
* extension[update].extension[birth-date] 0..0
* extension[update].extension[personal-identity-code] 0..0
* extension[update].extension[phone] 0..0
* extension[update].extension[municipality] 0..0
