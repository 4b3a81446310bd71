Invariant: ips-phone
Severity: #error
Description: "A telephone number and nothing else, so that the field cannot carry words."
Expression: "$this.matches('^[+]?[0-9][0-9 ()-]{3,20}$')"
