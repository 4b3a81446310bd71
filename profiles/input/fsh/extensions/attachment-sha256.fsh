Extension: AttachmentSha256
Id: attachment-sha256
Title: "SHA-256 of an attachment"
Description: "64 hexadecimal digits over the bytes of the file."
Context: Attachment
* . ^requirements = "R4 `Attachment.hash` is SHA-1, which proves nothing any more."
* . 0..1
* value[x] 1..1
* value[x] only string
