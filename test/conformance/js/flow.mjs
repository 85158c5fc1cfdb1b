// Everything the chat SDK offers, by three people in one room.
import assert from 'node:assert/strict';
import { SendEventCommand } from '@aws-sdk/client-ivschat';
import { DeleteMessageRequest, DisconnectUserRequest, SendMessageRequest } from 'amazon-ivs-chat-messaging';
import { client, done, join, room, within } from './lib.mjs';

const arn = await room({ name: 'flow' });
const alice = await join(arn, 'alice', ['SEND_MESSAGE'], { attributes: { avatar: 'https://x/y.png', name: 'Alice 😀' } });
const bob = await join(arn, 'bob', ['SEND_MESSAGE']);
const mod = await join(arn, 'mod', ['SEND_MESSAGE', 'DELETE_MESSAGE', 'DISCONNECT_USER']);

// Send: the promise resolves with the message that everybody hears.
const sent = await within(alice.chat.sendMessage(new SendMessageRequest('Hello 😀', { kind: 'STICKER', src: 'a.png' })), 'sendMessage');
assert.equal(sent.content, 'Hello 😀');
assert.deepEqual({ ...sent.attributes }, { kind: 'STICKER', src: 'a.png' });
assert.equal(sent.sender.userId, 'alice');
assert.deepEqual({ ...sent.sender.attributes }, { avatar: 'https://x/y.png', name: 'Alice 😀' });
assert.ok(Math.abs(sent.sendTime - Date.now()) < 60_000);
for (const m of [alice, bob, mod]) {
  assert.deepEqual(await m.next('message'), sent);
}
const bare = await within(bob.chat.sendMessage(new SendMessageRequest('bare')), 'sendMessage without attributes');
assert.equal(bare.attributes, undefined);

// Delete, with and without a reason.
const request = new DeleteMessageRequest(sent.id, 'rude');
const deleted = await within(mod.chat.deleteMessage(request), 'deleteMessage');
assert.equal(deleted.messageId, sent.id);
assert.equal(deleted.reason, 'rude');
assert.equal(deleted.requestId, request.requestId);
assert.deepEqual(await alice.next('messageDelete'), deleted);
await within(mod.chat.deleteMessage(new DeleteMessageRequest(sent.id)), 'deleteMessage without a reason');

// Events of the application.
const { id } = await client.send(new SendEventCommand({ roomIdentifier: arn, eventName: 'app:poll', attributes: { q: '1' } }));
const event = await alice.next('event');
assert.equal(event.id, id);
assert.equal(event.eventName, 'app:poll');
assert.equal(event.attributes.q, '1');

// Disconnect: the user hears of it, then is out for good.
const out = await within(mod.chat.disconnectUser(new DisconnectUserRequest('bob', 'enough')), 'disconnectUser');
assert.equal(out.userId, 'bob');
assert.equal(out.reason, 'enough');
assert.equal((await bob.next('userDisconnect')).userId, 'bob');
assert.equal(await bob.next('disconnect'), 'serverDisconnect');
assert.equal(alice.count('disconnect'), 0);

// With a new token he is in again.
await bob.connect();
await within(bob.chat.sendMessage(new SendMessageRequest('back')), 'sendMessage after a new token');

// And one leaves by oneself.
alice.chat.disconnect();
assert.equal(await alice.next('disconnect'), 'clientDisconnect');
done();
