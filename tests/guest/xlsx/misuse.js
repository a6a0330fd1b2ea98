const buffer = Buffer.from(input, 'base64');
const tries = {
  noSheet: () => xlsx.readStream(buffer, 'nope', () => {}),
  badNumber: () => xlsx.readStream(buffer, 9, () => {}),
  noCallback: () => xlsx.readStream(buffer, 0),
  notData: () => xlsx.readStream(Symbol(), 0, () => {}),
  cut: () => xlsx.read(buffer.subarray(0, 2000)),
  noise: () => xlsx.read(Buffer.from('PK\x03\x04 but no archive at all')),
  old: () => xlsx.read(Buffer.from('d0cf11e0a1b11ae1' + '00'.repeat(600), 'hex')),
  badType: () => xlsx.read(buffer, { type: 'file' }),
  badSize: () => xlsx.readBatches(buffer, 0, { batchSize: 0 }, () => {}),
  thrown: () => xlsx.readStream(buffer, 0, () => { throw new RangeError('mine') }),
  emptyBook: () => xlsx.write(xlsx.utils.book_new()),
  noBook: () => xlsx.write(null),
  missing: () => xlsx.write({ SheetNames: ['a'], Sheets: {} }),
  noSheetYet: () => xlsx.createWriteStream().writeRow([1]),
  twice: () => xlsx.createWriteStream().addSheet('a').addSheet('A'),
  badName: () => xlsx.createWriteStream().addSheet('a/b'),
  longName: () => xlsx.createWriteStream().addSheet('x'.repeat(32)),
  nothing: () => xlsx.createWriteStream().finalize(),
  badRow: () => xlsx.createWriteStream().addSheet('a').writeRow('text'),
  after: () => { const s = xlsx.createWriteStream(); s.addSheet('a'); s.finalize(); return s.writeRows(Array(300).fill([1])) },
  wide: () => { const s = xlsx.createWriteStream(); s.addSheet('a').writeRow(new Array(20000).fill(1)); return s.finalize() },
  getter: () => { const s = xlsx.createWriteStream(); s.addSheet('a').writeRow([{ get v() { throw new EvalError('trap') } }]); return s.finalize() },
  proxy: () => { const s = xlsx.createWriteStream(); s.addSheet('a').writeRow(new Proxy([1], { get() { throw new EvalError('trap') } })); return s.finalize() },
};
const out = {};
for (const name in tries) {
  try { const got = await tries[name](); out[name] = 'no error ' + typeof got } catch (e) { out[name] = (e.code ?? e.name) + ': ' + e.message }
}
return out
