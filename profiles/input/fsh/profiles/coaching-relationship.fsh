Profile: CoachingRelationship
Parent: EpisodeOfCare
Id: coaching-relationship
Title: "Coaching relationship"
Description: "From acceptance to closure, with the waiting list between."
* . ^requirements = "Days on the waiting list are a measure of IPS quality: `statusHistory` keeps them."
* type 1..1
* type = $service#ips
* diagnosis 0..0
* diagnosis ^requirements = "Coaching is not care: the coach keeps no diagnoses."
* patient only Reference(Patient)
* managingOrganization 1..1
* period 1..1
* period.start 1..1
* careManager only Reference(PractitionerRole or Practitioner)
