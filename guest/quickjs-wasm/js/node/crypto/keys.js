// Asymmetric keys.
module.exports = {};
