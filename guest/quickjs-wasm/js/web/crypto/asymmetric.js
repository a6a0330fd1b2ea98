module.exports = { handlers: { __proto__: null } };
