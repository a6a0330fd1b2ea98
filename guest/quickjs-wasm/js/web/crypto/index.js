module.exports = { crypto: undefined, subtle: undefined, getRandomValues: undefined };
