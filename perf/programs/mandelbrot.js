// expects: {"inside":17464,"steps":2053695}
//
// Floating-point arithmetic in loops.
const size = 260;
const limit = 100;
let inside = 0;
let steps = 0;
for (let row = 0; row < size; row++) {
  const ci = (2 * row) / size - 1;
  for (let column = 0; column < size; column++) {
    const cr = (3 * column) / size - 2;
    let zr = 0;
    let zi = 0;
    let step = 0;
    while (step < limit && zr * zr + zi * zi <= 4) {
      const next = zr * zr - zi * zi + cr;
      zi = 2 * zr * zi + ci;
      zr = next;
      step++;
    }
    if (step === limit) inside++;
    steps += step;
  }
}
return { inside, steps };
