// A token opens one connection: the second finds the door shut, four times.
import assert from 'node:assert/strict';
import { Member, done, room, sockets, token } from './lib.mjs';

const arn = await room();
const { token: once } = await token(arn, 'u');
const first = await new Member(async () => ({ token: once })).connect();

const second = new Member(async () => ({ token: once }));
second.chat.connect();
assert.equal(await second.next('disconnect'), 'socketError');
assert.equal(second.count('connect'), 0);
assert.equal(sockets.length, 1 + 4);
assert.equal(first.count('disconnect'), 0);
done();
