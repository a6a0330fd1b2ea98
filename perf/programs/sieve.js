// expects: {"count":78498,"endings":[0,19617,1,19665,0,1,0,19621,0,19593],"sum":37550402023}
//
// Typed arrays: a sieve of primes, then a histogram and a prefix sum over it.
const limit = 1000000;
const composite = new Uint8Array(limit + 1);
for (let i = 2; i * i <= limit; i++) {
  if (composite[i]) continue;
  for (let j = i * i; j <= limit; j += i) composite[j] = 1;
}
const endings = new Uint32Array(10);
const sums = new Float64Array(1001);
let count = 0;
for (let i = 2; i <= limit; i++) {
  if (composite[i]) continue;
  count++;
  endings[i % 10]++;
  sums[(i / 1000) | 0] += i;
}
for (let i = 1; i < sums.length; i++) sums[i] += sums[i - 1];
return { count, endings: Array.from(endings), sum: sums[1000] };
