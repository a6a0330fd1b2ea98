// Steps that ask the host, one after another. What they are is a generator, which yields what it asks for and is given the
// answer; how they are waited for is here: at once, where the guest may stand still, or in time.
const { PromiseResolve } = primordials;
const { atOnce, inTime, close } = require('packages/xlsx/host');

/** What a generator yields for the next batch of the sheet that is open. */
const NEXT = { __proto__: null, operation: 'next', argument: undefined };

/** To the end, waiting for each answer; the handle is closed then, and where anything is thrown. */
async function driveLater(steps, handle, waited) {
  try {
    let step = waited === undefined ? steps.next() : steps.next(await waited);
    while (!step.done) {
      const asked = step.value;
      const answer = asked.operation === undefined ? asked.promise : inTime[asked.operation](handle, asked.argument);
      step = steps.next(await answer);
    }
    return step.value;
  } finally {
    close(handle);
  }
}

/** To the end, at once; a promise of it from the first step on that yields a promise. */
function drive(steps, handle) {
  let left = true;
  try {
    let step = steps.next();
    while (!step.done) {
      const asked = step.value;
      if (asked.operation === undefined) {
        left = false;
        return driveLater(steps, handle, PromiseResolve(asked.promise));
      }
      step = steps.next(atOnce[asked.operation](handle, asked.argument));
    }
    return step.value;
  } finally {
    if (left) close(handle);
  }
}

module.exports = { NEXT, drive, driveLater };
