// An application that hands the token's expiry to the chat SDK gets a new
// connection every half minute, opened before the old one is closed: nothing is
// heard twice, nothing is missed.
import assert from 'node:assert/strict';
import { SendMessageRequest } from 'amazon-ivs-chat-messaging';
import { Member, done, join, patience, room, sockets, token, wait, within } from './lib.mjs';

const arn = await room();
const listener = await new Member(() => token(arn, 'listener')).connect();
const [old] = sockets;
const speaker = await join(arn, 'speaker', ['SEND_MESSAGE']);

// Somebody talks until well after the swap.
const said = [];
const deadline = Date.now() + 30_000 + patience;
for (let since = 0; since < 40; since += old.readyState === old.CLOSED ? 1 : 0) {
  assert.ok(Date.now() < deadline, 'the listener has no second connection');
  const { id } = await within(speaker.chat.sendMessage(new SendMessageRequest(`n ${said.length}`)), 'sendMessage');
  said.push(id);
  await wait(130);
}
await listener.next('message', said.length);
assert.deepEqual(listener.all('message').map((m) => m.id), said);
assert.equal(sockets.length, 3, 'the listener has a second connection');
assert.equal(listener.count('disconnect'), 0);

// The swap happened while messages came, and both connections gave a message
// the same Id.
const swapped = sockets[2].ids;
assert.ok(old.ids.length > 0 && swapped.length > 0);
assert.equal(new Set([...old.ids, ...swapped]).size, said.length);
done();
