// The parts of the package axios that the adapter is made of, once there is a request.
module.exports = { __proto__: null, parts: undefined };
