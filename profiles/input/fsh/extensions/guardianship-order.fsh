Extension: GuardianshipOrder
Id: guardianship-order
Title: "Order of a guardian"
Description: "What the recorded order of a guardian who signs a consent covers, and when it is in force."
Context: Consent.performer
* . 0..1
* . ^requirements = "A guardian for money matters signs nothing about health: a permit counts only as far as the order goes."
* extension contains covers 0..* and covers-all 0..1 and period 0..1
* extension[covers].value[x] 1..1
* extension[covers].value[x] only Coding
* extension[covers].valueCoding from https://ips-gateway.example/fhir/ValueSet/ips-information (required)
* extension[covers-all].value[x] 1..1
* extension[covers-all].value[x] only boolean
* extension[period].value[x] 1..1
* extension[period].value[x] only Period
