Extension: ConsentVerifiedHow
Id: consent-verified-how
Title: "How a consent was verified"
Description: "A person checked identity and form, or a strong electronic signature did."
Context: Consent.verification
* . 0..1
* value[x] 1..1
* value[x] only code
* valueCode from https://ips-gateway.example/fhir/ValueSet/ips-consent-verification (required)
