// Written by `npm run profiles`; see tools/profiles/update-fsh.ts.
Extension: CareTeamUpdate
Id: care-team-update
Title: "Care-team update"
Description: "The closed fields of an update; what is free text says so and belongs to a level that names it."
Context: Communication
* . ^requirements = "Coded fields can be told in the reader's language and cut to a level; prose can be neither."
* . 0..1
* extension ^slicing.rules = #closed
* extension contains
    date 0..1 and
    affects-work 0..1 and
    suggestion 0..* and
    review-date 0..1 and
    contact-role 0..1 and
    contact-phone 0..1 and
    effect 0..* and
    effect-duration 0..1 and
    kind 0..1 and
    substance 0..1 and
    strength 0..1 and
    dose 0..1 and
    meeting-status 0..1 and
    start 0..1 and
    end 0..1 and
    invited 0..1 and
    place 0..1 and
    summary 0..1 and
    benefit 0..1 and
    state 0..1 and
    source 0..1 and
    period-start 0..1 and
    period-end 0..1 and
    amount 0..1 and
    referred 0..1 and
    wish 0..1 and
    task 0..1 and
    client-name 0..1 and
    birth-date 0..1 and
    personal-identity-code 0..1 and
    phone 0..1 and
    municipality 0..1
* extension[date].value[x] 1..1
* extension[date].value[x] only date
* extension[affects-work].value[x] 1..1
* extension[affects-work].value[x] only code
* extension[affects-work].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-affects-work (required)
* extension[suggestion].value[x] 1..1
* extension[suggestion].value[x] only code
* extension[suggestion].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-suggestion (required)
* extension[review-date].value[x] 1..1
* extension[review-date].value[x] only date
* extension[contact-role].value[x] 1..1
* extension[contact-role].value[x] only code
* extension[contact-role].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-contact-role (required)
* extension[contact-phone].value[x] 1..1
* extension[contact-phone].value[x] only string
* extension[contact-phone].valueString obeys ips-phone
* extension[effect].value[x] 1..1
* extension[effect].value[x] only code
* extension[effect].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-effect (required)
* extension[effect-duration].value[x] 1..1
* extension[effect-duration].value[x] only Duration
* extension[effect-duration].valueDuration.value 1..1
* extension[effect-duration].valueDuration.system 1..1
* extension[effect-duration].valueDuration.system = "http://unitsofmeasure.org"
* extension[effect-duration].valueDuration.code 1..1
* extension[effect-duration].valueDuration.code from https://ips-gateway.example/fhir/ValueSet/ips-duration-unit (required)
* extension[kind].value[x] 1..1
* extension[kind].value[x] only code
* extension[kind].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-kind (required)
* extension[substance].value[x] 1..1
* extension[substance].value[x] only string
* extension[substance].valueString ^maxLength = 1000
* extension[strength].value[x] 1..1
* extension[strength].value[x] only string
* extension[strength].valueString ^maxLength = 1000
* extension[dose].value[x] 1..1
* extension[dose].value[x] only string
* extension[dose].valueString ^maxLength = 1000
* extension[meeting-status].value[x] 1..1
* extension[meeting-status].value[x] only code
* extension[meeting-status].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-meeting-status (required)
* extension[start].value[x] 1..1
* extension[start].value[x] only dateTime
* extension[end].value[x] 1..1
* extension[end].value[x] only dateTime
* extension[invited].value[x] 1..1
* extension[invited].value[x] only boolean
* extension[place].value[x] 1..1
* extension[place].value[x] only string
* extension[place].valueString ^maxLength = 1000
* extension[summary].value[x] 1..1
* extension[summary].value[x] only string
* extension[summary].valueString ^maxLength = 1000
* extension[benefit].value[x] 1..1
* extension[benefit].value[x] only code
* extension[benefit].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-benefit (required)
* extension[state].value[x] 1..1
* extension[state].value[x] only code
* extension[state].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-state (required)
* extension[source].value[x] 1..1
* extension[source].value[x] only code
* extension[source].valueCode from https://ips-gateway.example/fhir/ValueSet/ips-update-source (required)
* extension[period-start].value[x] 1..1
* extension[period-start].value[x] only date
* extension[period-end].value[x] 1..1
* extension[period-end].value[x] only date
* extension[amount].value[x] 1..1
* extension[amount].value[x] only Money
* extension[amount].valueMoney.value 1..1
* extension[amount].valueMoney.currency 1..1
* extension[referred].value[x] 1..1
* extension[referred].value[x] only date
* extension[wish].value[x] 1..1
* extension[wish].value[x] only string
* extension[wish].valueString ^maxLength = 1000
* extension[task].value[x] 1..1
* extension[task].value[x] only string
* extension[task].valueString ^maxLength = 1000
* extension[client-name].value[x] 1..1
* extension[client-name].value[x] only string
* extension[client-name].valueString ^maxLength = 1000
* extension[birth-date].value[x] 1..1
* extension[birth-date].value[x] only date
* extension[personal-identity-code].value[x] 1..1
* extension[personal-identity-code].value[x] only string
* extension[personal-identity-code].valueString ^maxLength = 1000
* extension[phone].value[x] 1..1
* extension[phone].value[x] only string
* extension[phone].valueString obeys ips-phone
* extension[municipality].value[x] 1..1
* extension[municipality].value[x] only string
* extension[municipality].valueString ^maxLength = 1000
