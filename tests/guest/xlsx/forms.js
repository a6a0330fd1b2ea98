const of = (options) => { try { return xlsx.write(wb, options) } catch (e) { return e.code + ' ' + e.message.slice(0, 60) } };
const kinds = [of({}), of({ type: 'array' }), of({ type: 'binary' }), of({ type: 'base64' })];
return [kinds.map((kind) => Object.prototype.toString.call(kind)), Buffer.isBuffer(kinds[0]), of({ bookType: 'csv', type: 'string' }),
  of({ bookType: 'csv', type: 'string', escapeFormulae: true }).split('\n')[2], of({ bookType: 'csv', sheet: 'hidden' }).toString(),
  of({ bookType: 'xlsb' }), of({ type: 'string' }), of({ type: 'file' }), of({ bookType: 'constructor' })]
