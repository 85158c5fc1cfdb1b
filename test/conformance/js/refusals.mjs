// What is refused comes out of the chat SDK as a rejected promise with its code
// and text; the connection stays.
import assert from 'node:assert/strict';
import { DeleteMessageRequest, DisconnectUserRequest, SendMessageRequest } from 'amazon-ivs-chat-messaging';
import { done, join, rejection, room, wait, within } from './lib.mjs';

const arn = await room();
const viewer = await join(arn, 'viewer', []);
for (const [what, act] of [
  ['sendMessage', () => viewer.chat.sendMessage(new SendMessageRequest('hi'))],
  ['deleteMessage', () => viewer.chat.deleteMessage(new DeleteMessageRequest('M2YcHkgffEvU'))],
  ['disconnectUser', () => viewer.chat.disconnectUser(new DisconnectUserRequest('viewer'))],
]) {
  const err = await rejection(act(), what);
  assert.equal(err.errorCode, 403, what);
  assert.ok(err.errorMessage, what);
}

// An ERROR never bears the id of something that was delivered: the SDK would
// drop it, and the promise would wait for ever.
const sender = await join(arn, 'sender', ['SEND_MESSAGE']);
const sent = await within(sender.chat.sendMessage(new SendMessageRequest('seen')), 'sendMessage');
const err = await rejection(sender.chat.deleteMessage(new DeleteMessageRequest(sent.id)), 'deleteMessage of a seen id');
assert.equal(err.errorCode, 403);
assert.notEqual(err.id, sent.id);

const long = await rejection(sender.chat.sendMessage(new SendMessageRequest('x'.repeat(501))), 'a long message');
assert.deepEqual([long.errorCode, long.errorMessage], [400, 'Message exceeds maximum length']);
const big = await rejection(sender.chat.sendMessage(new SendMessageRequest('x', { k: 'x'.repeat(2000) })), 'big attributes');
assert.equal(big.errorCode, 413);

// More than ten requests a second of one connection.
await wait(1100);
const results = await Promise.allSettled(
  Array.from({ length: 50 }, (_, i) => within(sender.chat.sendMessage(new SendMessageRequest(`burst ${i}`)), 'a burst')),
);
const refused = results.filter((r) => r.status === 'rejected').map((r) => r.reason);
assert.ok(refused.length >= 1 && refused.length <= 40, `${refused.length} of 50 refused`);
for (const r of refused) assert.deepEqual([r.errorCode, r.errorMessage], [429, 'rate limit exceeded']);
assert.equal(sender.count('disconnect'), 0);
assert.equal(viewer.count('disconnect'), 0);
done();
