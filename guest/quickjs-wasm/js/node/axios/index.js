// The npm package axios, with an adapter of ours under the names that its own have in Node. What the package
// does is the guest's own affair; the adapter sends requests by way of the host, as fetch does.
const { axios, adapters } = require('vendor/axios');
const { send } = require('node/axios/adapter');

const adapter = (config) => send(config);
const ofConfig = adapters.adapters.fetch.get;

adapters.adapters.http = adapter;
// A config can bring a fetch function of its own, which the package's adapter then calls.
adapters.adapters.fetch = {
  __proto__: null,
  get: (config) => (typeof config?.env?.fetch === 'function' ? ofConfig(config) : adapter),
};

module.exports = axios;
