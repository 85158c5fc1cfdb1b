// At the end of its session the chat SDK reconnects by itself, and the
// application sees no disconnect.
import assert from 'node:assert/strict';
import { SendMessageRequest } from 'amazon-ivs-chat-messaging';
import { done, join, patience, room, sockets, within } from './lib.mjs';

const arn = await room();
const began = Date.now(); // the session's clock runs from the minting of its token
const m = await join(arn, 'u', ['SEND_MESSAGE'], { sessionDurationInMinutes: 1 });
await within(m.chat.sendMessage(new SendMessageRequest('before')), 'sendMessage');
await m.next('connect', 2, 60_000 + patience);
const lasted = Date.now() - began;
assert.ok(lasted > 59_900 && lasted < 60_000 + patience / 2, `the session lasted ${lasted} ms`);
await within(m.chat.sendMessage(new SendMessageRequest('after')), 'sendMessage after the session');
assert.equal(m.count('disconnect'), 0);
assert.equal(sockets.length, 2);
done();
