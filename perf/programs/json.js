// expects: {"total":4709250,"length":96072}
//
// JSON.parse and JSON.stringify of an object of some 100 kB.
const order = (i) => ({
  id: i,
  customer: { name: 'Customer ' + i, mail: `c${i}@mail.example`, vip: i % 7 === 0, note: null },
  lines: [1, 2, 3].map((n) => ({ sku: `sku-${i}-${n}`, count: n, price: (i * n) / 8, tags: ['a', 'b\n"c"', 'ü'] })),
});
const orders = [];
for (let i = 0; i < 300; i++) orders.push(order(i));
let text = JSON.stringify(orders);
let total = 0;
for (let round = 0; round < 60; round++) {
  const parsed = JSON.parse(text);
  for (const each of parsed) for (const line of each.lines) total += line.count * line.price;
  parsed[round].customer.note = 'seen ' + round;
  text = JSON.stringify(parsed);
}
return { total, length: text.length };
