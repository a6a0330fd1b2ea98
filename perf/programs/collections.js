// expects: {"keys":9007,"seen":19956,"hits":60022,"sum":4523607}
//
// Map and Set under churn.
const byKey = new Map();
const seen = new Set();
let hits = 0;
for (let i = 0; i < 140000; i++) {
  const key = 'k' + ((i * 7919) % 10007);
  byKey.set(key, (byKey.get(key) ?? 0) + i);
  const number = (i * 104729) % 30011;
  if (seen.has(number)) {
    hits++;
    seen.delete(number);
  } else {
    seen.add(number);
  }
  if (i % 5 === 0) byKey.delete('k' + (i % 10007));
}
let sum = 0;
for (const [key, value] of byKey) sum += value % (key.length + 1000);
return { keys: byKey.size, seen: seen.size, hits, sum };
