const stream = xlsx.createWriteStream();
stream.addSheet('one', { boldHeader: true, formats: [null, '0.00'], columns: [5, { wch: 40 }], freeze: 'A2' });
for (let i = 0; i < 1000; i++) stream.writeRow({ id: i, amount: i / 4, text: '名' + i });
stream.addSheet('two', { header: ['a', 'b'] });
stream.writeRow([1, new Date(Date.UTC(2024, 5, 1)), null, true, 12345678901234567890n]).writeRow({ b: 2, a: 1, c: 3 });
const chunks = [];
for await (const chunk of stream.finalize({ type: 'stream' })) chunks.push(chunk);
return Buffer.concat(chunks).toString('base64')
