const buffer = Buffer.from(input, 'base64');
const whole = [buffer, new Uint8Array(buffer), buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length),
  new DataView(buffer.buffer, buffer.byteOffset, buffer.length), [...buffer], input, buffer.toString('latin1')];
const typed = [[input, 'base64'], [buffer.toString('latin1'), 'binary'], [buffer, 'buffer'], [[...buffer], 'array']];
async function* bits() { for (let i = 0; i < buffer.length; i += 999) yield buffer.subarray(i, i + 999); }
const coming = [new Blob([buffer]), new Blob([buffer]).stream(), bits(), { body: new Blob([buffer]).stream() }];
const of = (wb) => wb.Sheets[wb.SheetNames[0]].A1.v + xlsx.utils.sheet_to_json(wb.Sheets[wb.SheetNames[0]]).length;
const got = [...whole.map((data) => of(xlsx.read(data))), ...typed.map(([data, type]) => of(xlsx.read(data, { type })))];
for (const data of coming) got.push(of(await xlsx.read(data)));
return got
