// Values of one element, told apart by a code of theirs.
RuleSet: SlicedBy(element, path)
* {element} ^slicing.discriminator.type = #pattern
* {element} ^slicing.discriminator.path = "{path}"
* {element} ^slicing.rules = #open

// One component of a job, with its codes.
RuleSet: JobComponent(slice, card, valueset)
* component contains {slice} {card}
* component[{slice}].code = $job#{slice}
* component[{slice}].value[x] 1..1
* component[{slice}].value[x] only CodeableConcept
* component[{slice}].valueCodeableConcept from https://ips-gateway.example/fhir/ValueSet/{valueset} (required)

// Elements that could carry content which the level of an update does not name.
RuleSet: NothingElse
* identifier 0..0
* basedOn 0..0
* partOf 0..0
* topic 0..0
* about 0..0
* encounter 0..0
* reasonCode 0..0
* reasonReference 0..0
* note 0..0

// Labels a recipient gets: how confidential, not to be passed on, for which purpose; never a sensitivity code.
RuleSet: RecipientLabels
* meta 1..1
* meta.security from https://ips-gateway.example/fhir/ValueSet/ips-recipient-label (required)
* meta.security.system 1..1
* meta.security.code 1..1
* insert SlicedBy(meta.security, $this)
* meta.security contains confidentiality 1..1 and obligation 1..1
* meta.security[confidentiality] = $confidentiality#R
* meta.security[obligation] = $actcode#NORDSCLCD
* meta.security ^requirements = "Sensitivity codes such as `SUD` are diagnoses themselves: they decide, and then they stay."

// Who recorded an audit event, and the parties, client and disclosure it is about.
RuleSet: AuditCommon
* recorded 1..1
* outcome 1..1
* source.observer.display 1..1
* agent.who 1..1
* insert SlicedBy(agent, type)
* agent contains authorizer 1..1
* agent[authorizer].type = $security-role#authserver
* agent[authorizer].requestor = false
* insert SlicedBy(entity, type)
* entity contains client 1..1 and information 1..1
* entity[client].type = $entity-type#1
* entity[client].role 1..1
* entity[client].role = $object-role#1
* entity[client].what 1..1
* entity[client].what.identifier 1..1
* entity[client].what.reference 0..0
* entity[client].what.display 0..0
* entity[client].what.display ^requirements = "The audit outlives the client's data: it names her by a pseudonym, never by name, identity code or link."
* entity[information].type = $entity-type#2
* entity[information].what 1..1
* entity[information].what.identifier 1..1
* entity[information].query 0..0
* entity.name 0..0
* entity.description 0..0
