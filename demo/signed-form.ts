/**
 * A real, minimal PDF of one page that stands for the signed paper form; its bytes differ from run to run.
 * Built by hand because a library for one page of demo text would be larger than the demo.
 */
export const signedForm = (run: string): Buffer => {
  const lines = [
    'Suostumus tiedonvaihtoon - Samtycke - Consent to information exchange',
    'Hoitotaho ja IPS-tyohonvalmennus / DEMO',
    'Allekirjoitus: Aino Esimerkki',
    `Asiakirja ${run.replaceAll(/[^A-Za-z0-9-]/g, '')}`,
  ]
  const text = lines.map((line, index) => `BT /F1 12 Tf 60 ${760 - index * 22} Td (${line}) Tj ET`).join('\n')
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let pdf = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = pdf.length
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const start = pdf.length
  const entries = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  pdf += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${entries}`
  pdf += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`
  return Buffer.from(pdf, 'latin1')
}
