Invariant: ips-consent-evidence
Severity: #error
Description: "A consent that is in force and permits anything has its signed form and somebody who checked it."
Expression: "(status = 'active' and provision.provision.where(type = 'permit').exists()) implies (source.exists() and verification.where(verified = true).exists())"

Profile: WrittenConsent
Parent: Consent
Id: written-consent
Title: "Written consent to information exchange"
Description: "What a client has agreed in writing that her care team and her coach may tell each other: category by category, level by level, recipient by recipient."
* . ^requirements = "A health professional may not tell an outsider anything from the patient record without written consent; the employment service is an outsider."
* obeys ips-consent-evidence
* modifierExtension 0..0
* scope = $consentscope#patient-privacy
* insert SlicedBy(category, $this)
* category contains disclosure 1..1
* category[disclosure] = $actcode#IDSCL
* patient 1..1
* dateTime 1..1
* performer 1..1
* performer only Reference(Patient or RelatedPerson)
* source[x] ^requirements = "Paper equals electronic: the signed form is filed with its SHA-256, and a permit without it permits nothing."
* policy 1..1
* policy.uri 1..1
* policy.uri = $policy
* policy.uri ^comment = "Under this policy the root deny is a default and overrides nothing in other consents."
* verification.extension contains ConsentVerifiedBy named verifiedBy 0..1 and ConsentVerifiedHow named verifiedHow 0..1
* verification ^requirements = "Somebody other than the recipient says that the right person signed the right form."
* provision 1..1
* provision.type 1..1
* provision.type = #deny
* provision.actor 0..0
* provision.code 0..0
* provision.purpose 0..0
* provision ^comment = "Deny is the default; what is permitted (or explicitly denied) stands in the nested provisions."
* provision.provision.type 1..1
* provision.provision.modifierExtension 0..0
* provision.provision.actor 1..*
* provision.provision.actor.role from https://ips-gateway.example/fhir/ValueSet/ips-consent-actor-role (required)
* insert SlicedBy(provision.provision.actor, role)
* provision.provision.actor contains recipient 1..*
* provision.provision.actor[recipient].role = $participation#IRCP
* provision.provision.action from https://ips-gateway.example/fhir/ValueSet/ips-consent-action (required)
* provision.provision.action 1..*
* provision.provision.purpose 1..*
* provision.provision.purpose from https://ips-gateway.example/fhir/ValueSet/ips-purpose (required)
* provision.provision.purpose.system 1..1
* provision.provision.purpose.code 1..1
* provision.provision.purpose ^comment = "`unemployment-security-control` is a known code that no consent can carry."
* provision.provision.class 0..0
* provision.provision.code 1..*
* provision.provision.code from https://ips-gateway.example/fhir/ValueSet/ips-information (required)
* provision.provision.code ^comment = "Category with its level, such as `medication.effect`: a permit covers the shallower levels, a deny the deeper ones."
* provision.provision.data 0..0
* provision.provision.provision 0..0
* provision.provision.provision ^requirements = "An exception to an exception is where consent engines disagree; the form has none."
