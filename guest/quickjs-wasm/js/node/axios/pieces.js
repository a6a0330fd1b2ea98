// The body of a response piece by piece, under axios's limits.
const { PromiseReject, PromiseResolve, TypedArrayPrototypeGetByteLength, Uint8Array } = primordials;
const { copyOf } = bindings('bytes');

/** `pull(all)` → a promise of a piece, of undefined at the end; `cancel()`. */
function reader(source) {
  const { body } = source;
  let length = 0;
  let index = 0;
  const take = (all) => {
    if (body.remote !== undefined) return body.remote.pull(all);
    if (index >= body.pieces.length) return PromiseResolve(undefined);
    return PromiseResolve(new Uint8Array(copyOf(body.pieces[index++])));
  };
  const pull = async (all) => {
    let piece;
    try {
      piece = await take(all);
    } catch (error) {
      source.ended();
      return PromiseReject(source.failed(error));
    }
    if (piece === undefined) {
      source.ended();
      source.came?.(undefined);
      return undefined;
    }
    source.wait();
    length += TypedArrayPrototypeGetByteLength(piece);
    if (source.most > -1 && length > source.most) {
      cancel();
      return PromiseReject(source.tooLarge());
    }
    source.came?.(TypedArrayPrototypeGetByteLength(piece));
    return piece;
  };
  const cancel = (reason) => {
    source.ended();
    body.cancel(reason);
  };
  return { __proto__: null, pull, cancel };
}

module.exports = { reader };
