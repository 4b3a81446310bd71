Profile: Notice
Parent: Communication
Id: notice
Title: "Notice"
Description: "A service message with a fixed text: permissions changed, a referral moved on. It needs no permission because it can carry nothing."
* . ^requirements = "Silence must not speak, and neither must a notice: no category, no date of the data, no field at all."
* insert RecipientLabels
* insert NothingElse
* language 1..1
* extension 0..0
* status = #completed
* category 1..1
* category from https://ips-gateway.example/fhir/ValueSet/ips-notice (required)
* subject 1..1
* subject only Reference(Patient)
* sent 1..1
* sender 1..1
* recipient 1..1
* payload 1..1
* payload.content[x] only string
