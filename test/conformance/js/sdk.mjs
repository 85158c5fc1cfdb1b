// The AWS SDK for JavaScript: a room's whole life, its tags, pages and typed errors.
import assert from 'node:assert/strict';
import {
  ConflictException, CreateLoggingConfigurationCommand, CreateRoomCommand, DeleteLoggingConfigurationCommand,
  DeleteMessageCommand, DeleteRoomCommand, DisconnectUserCommand, GetLoggingConfigurationCommand, GetRoomCommand,
  ListLoggingConfigurationsCommand, ListTagsForResourceCommand, ResourceNotFoundException,
  SendEventCommand, TagResourceCommand, UntagResourceCommand, UpdateLoggingConfigurationCommand, UpdateRoomCommand,
  ValidationException, paginateListRooms,
} from '@aws-sdk/client-ivschat';
import { client, done, newClient, rejection, room } from './lib.mjs';

const arn = await room({ name: 'js', tags: { 'a b': 'c=d' } });
const got = await client.send(new GetRoomCommand({ identifier: arn }));
assert.equal(got.maximumMessageLength, 500);
assert.ok(got.createTime instanceof Date && got.updateTime instanceof Date);
assert.deepEqual(got.tags, { 'a b': 'c=d' });
const updated = await client.send(new UpdateRoomCommand({ identifier: arn, maximumMessageLength: 7 }));
assert.equal(updated.maximumMessageLength, 7);
assert.equal(updated.name, 'js');

await client.send(new TagResourceCommand({ resourceArn: arn, tags: { 'k=v +@/:._-': 'é/ +' } }));
assert.deepEqual((await client.send(new ListTagsForResourceCommand({ resourceArn: arn }))).tags, { 'a b': 'c=d', 'k=v +@/:._-': 'é/ +' });
await client.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: ['k=v +@/:._-', 'a b'] }));
assert.deepEqual((await client.send(new ListTagsForResourceCommand({ resourceArn: arn }))).tags, {});

assert.match((await client.send(new SendEventCommand({ roomIdentifier: arn, eventName: 'e' }))).id, /^[a-zA-Z0-9]{12}$/);
assert.match((await client.send(new DeleteMessageCommand({ roomIdentifier: arn, id: 'M2YcHkgffEvU' }))).id, /^[a-zA-Z0-9]{12}$/);
await client.send(new DisconnectUserCommand({ roomIdentifier: arn, userId: 'u' }));

const destinationConfiguration = { s3: { bucketName: 'chat-logs' } };
const { arn: logging, state } = await client.send(new CreateLoggingConfigurationCommand({ destinationConfiguration }));
assert.equal(state, 'ACTIVE');
await client.send(new UpdateLoggingConfigurationCommand({ identifier: logging, name: 'l' }));
const config = await client.send(new GetLoggingConfigurationCommand({ identifier: logging }));
assert.deepEqual([config.name, config.destinationConfiguration], ['l', destinationConfiguration]);
const { loggingConfigurations } = await client.send(new ListLoggingConfigurationsCommand({}));
assert.ok(loggingConfigurations.some((l) => l.arn === logging));

// Typed errors, with their members.
const invalid = await rejection(client.send(new CreateRoomCommand({ name: 'a b', maximumMessageLength: 0 })), 'CreateRoom');
assert.ok(invalid instanceof ValidationException);
assert.equal(invalid.reason, 'FIELD_VALIDATION_FAILED');
assert.deepEqual(invalid.fieldList.map((f) => f.name).sort(), ['maximumMessageLength', 'name']);
assert.ok(invalid.message && invalid.$metadata.requestId);
await client.send(new UpdateRoomCommand({ identifier: arn, loggingConfigurationIdentifiers: [logging] }));
const conflict = await rejection(client.send(new DeleteLoggingConfigurationCommand({ identifier: logging })), 'DeleteLoggingConfiguration');
assert.ok(conflict instanceof ConflictException);

await client.send(new DeleteRoomCommand({ identifier: arn }));
const gone = await rejection(client.send(new GetRoomCommand({ identifier: arn })), 'GetRoom');
assert.ok(gone instanceof ResourceNotFoundException);
assert.deepEqual([gone.resourceId, gone.resourceType], [arn.slice(-12), 'ROOM']);
await client.send(new DeleteLoggingConfigurationCommand({ identifier: logging }));

// Pages, in a region where no one else has rooms.
const apart = newClient({ region: `pages-${process.pid}` });
const made = [];
for (let i = 0; i < 5; i++) made.push((await apart.send(new CreateRoomCommand({}))).arn);
const listed = [];
for await (const page of paginateListRooms({ client: apart, pageSize: 2 }, {})) listed.push(...page.rooms.map((r) => r.arn));
assert.deepEqual(listed.sort(), made.sort());

const stranger = newClient({ credentials: { accessKeyId: 'PARLORNOSUCHKEY', secretAccessKey: 'x' } });
assert.equal((await rejection(stranger.send(new GetRoomCommand({ identifier: arn })), 'a stranger')).name, 'UnrecognizedClientException');
done();
