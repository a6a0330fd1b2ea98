const buffer = Buffer.from(input, 'base64'), seen = [], out = {};
out.stream = xlsx.readStream(buffer, '数据 & more', (row, i) => { seen.push([i, row.id, row.amount, row.when, row.ok]) });
out.first = seen[1];
out.batches = xlsx.readBatches(buffer, 0, { batchSize: 10 }, (rows, i) => { seen.push([i, rows.length]) });
out.sizes = seen.slice(-4);
out.stopped = xlsx.readStream(buffer, undefined, (row) => row.id < 4);
out.stoppedBatches = xlsx.readBatches(buffer, 0, { batchSize: 5 }, () => false);
const collect = (options) => { const rows = []; xlsx.readStream(buffer, 0, options, (row) => { rows.push(row) }); return rows };
out.arrays = collect({ header: 1 })[1];
out.letters = collect({ header: 'A', range: 'B3:C4' });
out.named = collect({ header: ['x', 'y'], range: 'A2:B3', defval: null });
out.numbers = collect({ cellDates: false })[0].when;
out.fromRow = collect({ range: 2 })[0];
out.later = await xlsx.readStream(buffer, 0, async (row) => { await null; return row.id < 2 });
out.fromStream = await xlsx.readStream(new Blob([buffer]), 0, (row) => {});
out.rows = 0;
for await (const row of xlsx.rows(buffer, 0)) { if (row.id === 20) break; out.rows++; }
out.lists = [];
for await (const rows of xlsx.batches(new Blob([buffer]), 0, { batchSize: 20 })) out.lists.push(rows.length);
return out
