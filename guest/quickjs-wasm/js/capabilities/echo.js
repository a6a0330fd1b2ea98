// The guest's face of the echo capability, which only `cellblock doctor` grants.
import { call, start, text } from '../bootstrap/bridge.js';
import { Text } from '../bootstrap/primordials.js';
import { provide } from '../bootstrap/require.js';

const REPLY = 16;
const REPLY_LATER = 17;

provide('cellblock:echo', {
  reply: (message) => text(call(REPLY, Text(message))),
  replyLater: async (message) => text(await start(REPLY_LATER, Text(message))),
});
