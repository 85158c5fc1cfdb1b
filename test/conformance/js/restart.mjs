// A server that goes away drops its connections without a close frame, and the
// chat SDK comes back by itself when there is a server again.
import assert from 'node:assert/strict';
import { SendMessageRequest } from 'amazon-ivs-chat-messaging';
import { Member, done, room, sockets, token, wait, within } from './lib.mjs';

let arn = await room();

// As applications do, the provider asks until it is answered. The development
// server keeps nothing, so a new one has to be given the room again.
async function provide() {
  for (;;) {
    try {
      return { token: (await token(arn, 'u', ['SEND_MESSAGE'])).token };
    } catch (err) {
      if (err.name === 'ResourceNotFoundException') arn = await room();
      else await wait(100);
    }
  }
}

const m = await new Member(provide).connect();
let clean;
sockets[0].addEventListener('close', (e) => (clean = [e.wasClean, e.code]));
console.log('connected');
await m.next('connect', 2);
assert.deepEqual(clean, [false, 1006]);
assert.equal(m.count('disconnect'), 0);
await within(m.chat.sendMessage(new SendMessageRequest('again')), 'sendMessage after the restart');
done();
