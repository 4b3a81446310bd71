// Written by `npm run profiles`; see tools/profiles/update-fsh.ts.
Profile: ToldCareMeetingSummary
Parent: ToldUpdate
Id: told-care-meeting-summary
Title: "Told: care-meeting.summary"
Description: "`care-meeting` as it is told at level `summary`: meeting-status, start, end, invited, place, summary."
* category = $information#care-meeting.summary
* extension[update] 1..1
* extension[update].extension[start] 1..1
* extension[update].extension[meeting-status] 1..1
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
