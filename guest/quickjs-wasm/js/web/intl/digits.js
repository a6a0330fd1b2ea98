// The options of NumberFormat and PluralRules that say how many digits there are, and rounding by them.
const { RangeError, TypeError } = primordials;
const { digitsOption, stringOption } = require('web/intl/common');
const { round, roundTo } = require('web/intl/decimal');

const increments = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];
const modes = ['ceil', 'floor', 'expand', 'trunc', 'halfCeil', 'halfFloor', 'halfExpand', 'halfTrunc', 'halfEven'];

function readFraction(own, least, most, leastDefault, mostDefault) {
  let lower = digitsOption(least, 'minimumFractionDigits', 0, 100);
  let upper = digitsOption(most, 'maximumFractionDigits', 0, 100);
  if (lower === undefined) lower = upper === undefined ? leastDefault : Math.min(leastDefault, upper);
  else if (upper === undefined) upper = Math.max(mostDefault, lower);
  else if (lower > upper) throw new RangeError('maximumFractionDigits value is out of range.');
  own.minimumFractionDigits = lower;
  own.maximumFractionDigits = upper ?? Math.max(mostDefault, lower);
}

function readSignificant(own, least, most) {
  own.minimumSignificantDigits = digitsOption(least, 'minimumSignificantDigits', 1, 21, 1);
  own.maximumSignificantDigits = digitsOption(most, 'maximumSignificantDigits', own.minimumSignificantDigits, 21, 21);
}

/** Reads all of them. `rounding` is which digits decide: fraction, significant, both in one of two ways, or compact. */
function readDigits(own, options, leastDefault, mostDefault, compact, title) {
  own.minimumIntegerDigits = digitsOption(options.minimumIntegerDigits, 'minimumIntegerDigits', 1, 21, 1);
  const { minimumFractionDigits: leastFraction, maximumFractionDigits: mostFraction } = options;
  const { minimumSignificantDigits: least, maximumSignificantDigits: most } = options;
  own.roundingIncrement = digitsOption(options.roundingIncrement, 'roundingIncrement', 1, 5000, 1);
  if (!increments.includes(own.roundingIncrement)) throw new RangeError('roundingIncrement value is out of range.');
  own.roundingMode = stringOption(options, 'roundingMode', modes, 'halfExpand', title);
  own.roundingPriority = stringOption(options, 'roundingPriority', ['auto', 'morePrecision', 'lessPrecision'], 'auto', title);
  own.trailingZeroDisplay = stringOption(options, 'trailingZeroDisplay', ['auto', 'stripIfInteger'], 'auto', title);
  if (own.roundingIncrement !== 1) mostDefault = leastDefault;
  const significant = least !== undefined || most !== undefined;
  const fraction = leastFraction !== undefined || mostFraction !== undefined;
  const mixed = own.roundingPriority !== 'auto';
  const needsSignificant = mixed || significant;
  const needsFraction = mixed || (!significant && (fraction || !compact));
  if (needsSignificant) readSignificant(own, least, most);
  if (needsFraction) readFraction(own, leastFraction, mostFraction, leastDefault, mostDefault);
  if (needsSignificant || needsFraction) {
    own.rounding = mixed ? own.roundingPriority : significant ? 'significant' : 'fraction';
  } else {
    own.minimumSignificantDigits = 1;
    own.maximumSignificantDigits = 2;
    own.minimumFractionDigits = own.maximumFractionDigits = 0;
    own.rounding = own.roundingPriority = 'morePrecision';
  }
  if (own.roundingIncrement !== 1) {
    if (own.rounding !== 'fraction') throw new TypeError('RoundingType is not fractionDigits');
    if (own.maximumFractionDigits !== own.minimumFractionDigits) {
      throw new RangeError('maximumFractionDigits not equal to minimumFractionDigits');
    }
  }
}

/** A number rounded as the options say: the number, and the least digits that are shown behind the point. */
function rounded(own, number) {
  const mode = own.roundingMode;
  const bySignificant = () => {
    const places = own.maximumSignificantDigits - number.point;
    const value = number.digits ? round(number, places, mode) : number;
    const shown = value.digits ? value.point : 1;
    return { value, places, least: Math.max(own.minimumSignificantDigits - shown, 0) };
  };
  const byFraction = () => ({
    value: roundTo(number, own.maximumFractionDigits, own.roundingIncrement, mode),
    places: own.maximumFractionDigits,
    least: own.minimumFractionDigits,
  });
  if (own.rounding === 'fraction') return byFraction();
  if (own.rounding === 'significant') return bySignificant();
  const significant = bySignificant();
  const fraction = byFraction();
  if (!number.digits) significant.places = own.maximumSignificantDigits - 1;
  const finer = significant.places >= fraction.places;
  return finer === (own.rounding === 'morePrecision') ? significant : fraction;
}

module.exports = { readDigits, rounded };
