// The adapter under axios's names `http` and `fetch` (the build puts it there): requests by way of the host, as fetch
// sends them. What else the package does is the guest's own affair.
const { TypeError } = primordials;
const kit = require('node/axios/kit');

/** `parts` is what the package hands over of itself. Without a config it only gets ready. */
function adapter(config = undefined, parts = undefined) {
  if (kit.parts === undefined) {
    if (parts === undefined) throw new TypeError('The adapter is for axios: require that, and not its parts');
    kit.parts = parts;
  }
  const { send } = require('node/axios/adapter');
  return config === undefined ? undefined : send(config);
}

module.exports = { adapter };
