import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { open, say, signIn, stage, until } from './harness.mjs';
import { binary } from './server.mjs';

const run = promisify(execFile);

describe('the console', () => {
  let s;
  before(async () => {
    s = await stage();
  });
  afterEach(() => s.clear());
  after(() => s.close());

  const roomPage = async (name, more) => {
    const { arn } = await s.room(name, more);
    const window = await signIn(s, { hash: `#/room/${encodeURIComponent(arn)}` });
    await window.page.getByText('Live', { exact: true }).waitFor();
    return { ...window, arn };
  };
  const form = (page) => page.getByRole('dialog');

  test('a wrong key is refused in words', async () => {
    const { page, alarms } = await open(s, '/console/');
    await until(() => page.getByLabel('Access key ID').inputValue(), 'what the server suggests');
    await page.getByLabel('Access key ID').fill('NOSUCHKEYNOSUCHKEY');
    await page.getByLabel('Secret access key').fill('nothing');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The server does not know this access key').waitFor();
    assert.deepEqual(alarms, []);
  });

  test('a key that may not list rooms signs in, and is told what it may not', async () => {
    const { page } = await open(s, '/console/');
    await page.route('**/ListRooms', (route) =>
      route.fulfill({ status: 403, headers: { 'x-amzn-ErrorType': 'AccessDeniedException' }, json: { message: 'User is not authorized to perform: ivschat:ListRooms.' } }),
    );
    await until(() => page.getByLabel('Access key ID').inputValue(), 'what the server suggests');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This access key may not do that').waitFor();
    await page.getByRole('link', { name: 'Server' }).click();
    await page.getByText('Quotas in use').waitFor();
  });

  test('a key that may only read is told what its policies lack, and a temporary key needs its token', async () => {
    const iam = async (...args) => {
      const env = { AWS_ACCESS_KEY_ID: s.key.accessKeyId, AWS_SECRET_ACCESS_KEY: s.key.secretAccessKey, AWS_REGION: s.key.region, AWS_ENDPOINT_URL_IVSCHAT: s.url };
      return JSON.parse((await run(binary, ['iam', ...args], { env })).stdout);
    };
    await iam('user', 'add', '--name', 'reader', '--policies', 'IVSReadOnlyAccess');
    const key = await iam('key', 'add', '--user', 'reader', '--life-seconds', '900');
    const { arn } = await s.room('Read-only');
    const { page } = await open(s, `/console/#/room/${encodeURIComponent(arn)}`);
    await until(() => page.getByLabel('Access key ID').inputValue(), 'what the server suggests');
    await page.getByLabel('Access key ID').fill(key.id);
    await page.getByLabel('Secret access key').fill(key.secret);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The server does not know this access key').waitFor();
    await page.getByText('Temporary credentials').click();
    await page.getByLabel('Session token').fill(key.sessionToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText(`do not allow ivschat:CreateChatToken on ${arn}.`).waitFor();
    await page.getByText(`do not allow parlor:ListConnections on ${arn}.`).waitFor();
    await page.getByText('Nobody is listening').waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await form(page).getByRole('button', { name: 'Save' }).click();
    await form(page).getByText(`do not allow ivschat:UpdateRoom on ${arn}.`).waitFor();
  });

  test('the key is forgotten with the page', async () => {
    const { page } = await signIn(s);
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.equal(kept, '[{},{},""]');
    await page.reload();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });

  test('makes, finds, edits, tags and deletes a room', async () => {
    const { page, alarms } = await signIn(s);
    await page.getByRole('button', { name: 'New room' }).first().click();
    await form(page).getByLabel('Name', { exact: true }).fill('Green-room');
    await form(page).getByLabel('Characters a message').fill('200');
    await form(page).getByRole('button', { name: 'Add tag' }).click();
    await form(page).getByLabel('tag 1 key').fill('show');
    await form(page).getByLabel('tag 1 value').fill('late');
    await form(page).getByRole('button', { name: 'Make room' }).click();
    await page.getByRole('heading', { name: 'Green-room' }).waitFor();
    await page.getByText('show: late').waitFor();

    await page.getByRole('button', { name: 'Edit' }).click();
    await form(page).getByLabel('Name', { exact: true }).fill('Blue-room');
    await form(page).getByLabel('Messages a second').fill('42');
    await form(page).getByLabel('Review function').fill('arn:aws:lambda:us-west-2:123456789012:function:review');
    await form(page).getByLabel('When review fails').selectOption('DENY');
    await form(page).getByLabel('tag 1 value').fill('early');
    await form(page).getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Blue-room' }).waitFor();
    await page.getByText('show: early').waitFor();
    await page.getByText('function:review, else DENY').waitFor();
    await page.locator('dd', { hasText: /^42$/ }).waitFor();

    await page.getByRole('button', { name: 'Edit' }).click();
    await form(page).getByLabel('Review function').fill('');
    await form(page).getByRole('button', { name: 'Remove tag 1' }).click();
    await form(page).getByRole('button', { name: 'Save' }).click();
    await until(async () => (await page.locator('dd', { hasText: /^none$/ }).count()) === 3, 'no review, logging or tags');

    await page.getByRole('link', { name: 'Rooms' }).click();
    await page.getByLabel('Search rooms').fill('blue');
    await page.getByRole('link', { name: /Blue-room/ }).waitFor();
    await page.getByLabel('Search rooms').fill('no such room');
    await page.getByText('No room matches').waitFor();
    await page.getByLabel('Search rooms').fill('');
    await page.getByRole('link', { name: /Blue-room/ }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await form(page).getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await form(page).getByRole('button', { name: 'Delete room' }).click();
    await page.getByRole('heading', { name: 'Rooms', exact: true }).waitFor();
    await until(async () => (await page.getByText('Blue-room').count()) === 0, 'the room to go');
    assert.deepEqual(alarms, []);
  });

  test('a field the server refuses is named in the form', async () => {
    const { page } = await signIn(s);
    await page.getByRole('button', { name: 'New room' }).first().click();
    await form(page).getByLabel('Name', { exact: true }).fill('no spaces allowed');
    await form(page).getByRole('button', { name: 'Make room' }).click();
    await form(page).getByText('Change this, then try again: name has a form that is not accepted').waitFor();
    await until(() => form(page).getByLabel('Name', { exact: true }).getAttribute('aria-invalid'), 'the field to be marked');
    await form(page).getByText('It has a form that is not accepted.').waitFor();
    await form(page).getByText('Letters, digits, - and _.').waitFor();
    await form(page).getByLabel('Name', { exact: true }).fill('fine');
    await form(page).getByRole('button', { name: 'Add tag' }).click();
    await form(page).getByLabel('tag 1 key').fill('aws:mine');
    await form(page).getByRole('button', { name: 'Make room' }).click();
    await form(page).getByText('It must not begin with aws:.').waitFor();
  });

  test('a tag without a key, or with one that is there, is not lost in silence', async () => {
    const { page } = await signIn(s);
    await page.getByRole('button', { name: 'New room' }).first().click();
    await form(page).getByRole('button', { name: 'Add tag' }).click();
    await form(page).getByLabel('tag 1 value').fill('orphan');
    const valid = () => form(page).locator('form').evaluate((f) => f.checkValidity());
    assert.equal(await valid(), false);
    await form(page).getByLabel('tag 1 key').fill('show');
    assert.equal(await valid(), true);
    await form(page).getByRole('button', { name: 'Add tag' }).click();
    await form(page).getByLabel('tag 2 key').fill('show');
    await until(async () => !(await valid()), 'the second of two to be refused');
  });

  test('a name of the longest kind keeps all buttons in view', async () => {
    const { page } = await roomPage('N'.repeat(128));
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    const wide = await form(page).evaluate((d) => d.scrollWidth > d.clientWidth);
    assert.equal(wide, false, 'the dialog scrolls sideways');
    await form(page).getByRole('button', { name: 'Delete room' }).click();
    await page.getByRole('heading', { name: 'Rooms', exact: true }).waitFor();
  });

  test('a room that goes meanwhile is said to be gone', async () => {
    const { page, arn } = await roomPage('Fleeting');
    await page.getByText('This console').waitFor();
    await s.dropRoom(arn);
    await page.getByText('That no longer exists').first().waitFor();
  });

  test('shows messages and events as they come, and inspects them', async () => {
    const { page, arn, alarms } = await roomPage('Watched');
    const ann = await s.person(arn, 'ann');
    ann.say('good evening', { mood: 'fine' });
    await page.getByRole('option', { name: /good evening/ }).waitFor(); // only then is the event later
    await s.event(arn, 'app:POLL', { question: 'tea?' });
    await page.getByRole('option', { name: /good evening/ }).click();
    await page.getByText('"mood": "fine"').waitFor();
    await page.getByRole('option', { name: /app:POLL/ }).click();
    await page.getByText('"question": "tea?"').waitFor();
    await page.getByRole('button', { name: 'Follow' }).waitFor(); // what is inspected does not run away
    await page.getByRole('listbox').focus();
    await page.keyboard.press('ArrowUp');
    await page.getByText('"mood": "fine"').waitFor();
    await page.getByLabel('Filter messages').fill('evening');
    await until(async () => (await page.getByRole('option').count()) === 1, 'the filter');
    ann.leave();
    assert.deepEqual(alarms, []);
  });

  test('deletes a message and disconnects its sender', async () => {
    const { page, arn } = await roomPage('Moderated');
    const ann = await s.person(arn, 'ann');
    ann.say('unkind');
    await page.getByRole('option', { name: /unkind/ }).click();
    await page.getByRole('button', { name: 'Delete message' }).click();
    await page.getByRole('button', { name: 'Deleted' }).waitFor();
    await until(() => ann.heard.some((e) => e.EventName === 'aws:DELETE_MESSAGE'), 'the delete to be told');
    await page.getByRole('button', { name: 'Disconnect user' }).click();
    await form(page).getByLabel('Reason').fill('unkindness');
    await form(page).getByRole('button', { name: 'Disconnect', exact: true }).click();
    await page.getByRole('option', { name: /disconnected: unkindness/ }).waitFor();
    await until(() => ann.heard.some((e) => e.EventName === 'aws:DISCONNECT_USER'), 'the end to be told');
  });

  test('sends an event', async () => {
    const { page, arn } = await roomPage('Eventful');
    const ann = await s.person(arn, 'ann');
    await page.getByRole('button', { name: 'Send event' }).click();
    await form(page).getByLabel('Event name').fill('app:GONG');
    await form(page).getByRole('button', { name: 'Add attribute' }).click();
    await form(page).getByLabel('attribute 1 key').fill('times');
    await form(page).getByLabel('attribute 1 value').fill('3');
    await form(page).getByRole('button', { name: 'Send to everyone' }).click();
    const event = await until(() => ann.heard.find((e) => e.EventName === 'app:GONG'), 'the event');
    assert.deepEqual(event.Attributes, { times: '3' });
    await page.getByRole('option', { name: /app:GONG/ }).waitFor();
  });

  test('mints a token that connects, and snippets that survive any name', async () => {
    const { page, context } = await roomPage('Minted');
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Connect someone' }).click();
    await form(page).getByLabel('User ID').fill(`o'ann "$(x)"`);
    await form(page).getByLabel('Delete messages').check();
    await form(page).getByLabel('User ID').press('Enter');
    await page.getByText('Good for one connection').waitFor();
    await page.getByText(`--user-id 'o'\\''ann "$(x)"'`).waitFor();
    await page.getByText('--capabilities SEND_MESSAGE DELETE_MESSAGE').waitFor();
    await page.getByText("import { ChatRoom, SendMessageRequest } from 'amazon-ivs-chat-messaging'").waitFor();
    await form(page).getByRole('button', { name: 'Copy' }).nth(1).click();
    await form(page).getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const opened = await page.evaluate((text) => {
      const [url, token] = JSON.parse(`[${/\((.*)\)/.exec(text)[1]}]`);
      return new Promise((ok) => {
        const socket = new WebSocket(url, token);
        socket.onopen = () => ok(true);
        socket.onerror = () => ok(false);
      });
    }, copied);
    assert.ok(opened, `${copied} does not connect`);
  });

  test('connects as anyone, and speaks', async () => {
    const { page, arn } = await roomPage('Spoken');
    const bob = await s.person(arn, 'bob');
    await page.getByRole('button', { name: 'Connect someone' }).click();
    await form(page).getByLabel('User ID').fill('anyone');
    await form(page).getByRole('button', { name: 'Connect here as them' }).click();
    await page.getByPlaceholder('Say something').waitFor();
    await say(page, 'hello from the console');
    await page.getByRole('option', { name: /anyone.*hello from the console/ }).waitFor();
    await until(() => bob.heard.some((m) => m.Content === 'hello from the console' && m.Sender.UserId === 'anyone'), 'the message');
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByLabel('Message', { exact: true }).waitFor({ state: 'detached' });
  });

  test('shows who is here now', async () => {
    const { page, arn } = await roomPage('Peopled');
    const ann = await s.person(arn, 'ann', { capabilities: ['SEND_MESSAGE', 'DELETE_MESSAGE'] });
    const row = page.getByRole('listitem').filter({ hasText: 'ann' });
    await row.getByText('send, delete').waitFor();
    await page.getByText('This console').waitFor();
    await row.getByRole('button', { name: 'Disconnect ann' }).click();
    await form(page).getByRole('button', { name: 'Disconnect', exact: true }).click();
    await until(async () => (await row.count()) === 0, 'ann to go');
    assert.ok(ann);
  });

  test('does without the operations that other servers have not', async () => {
    const { arn } = await s.room('Elsewhere');
    const { page } = await signIn(s);
    await page.route('**/parlor/*', (route) => route.fulfill({ status: 404, json: { message: 'no such operation' } }));
    await page.goto(`${s.url}/console/#/server`);
    await page.getByText('This server does not tell').waitFor();
    await page.goto(`${s.url}/console/#/room/${encodeURIComponent(arn)}`);
    await page.getByText('This server does not tell who is connected').waitFor();
  });

  test('makes, edits, attaches and deletes a logging configuration', async () => {
    const { page, alarms } = await signIn(s, { hash: '#/logging' });
    await page.getByRole('button', { name: 'New configuration' }).click();
    await form(page).getByLabel('Name', { exact: true }).fill('archive');
    await form(page).getByLabel('Bucket name').fill('our-chat-logs');
    await form(page).getByRole('button', { name: 'Make configuration' }).click();
    const card = page.getByRole('listitem').filter({ hasText: 'archive' });
    await card.getByText('our-chat-logs').waitFor();
    await card.getByRole('button', { name: 'Edit' }).click();
    await form(page).getByLabel('Keep in').selectOption('firehose');
    await form(page).getByLabel('Delivery stream name').fill('our-stream');
    await form(page).getByRole('button', { name: 'Save' }).click();
    await card.getByText('our-stream').waitFor();

    await page.getByRole('link', { name: 'Rooms' }).click();
    await page.getByRole('button', { name: 'New room' }).first().click();
    await form(page).getByLabel('Name', { exact: true }).fill('Logged');
    await form(page).getByLabel('archive').check();
    await form(page).getByRole('button', { name: 'Make room' }).click();
    await page.getByRole('heading', { name: 'Logged' }).waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    await form(page).getByLabel('archive').uncheck();
    await form(page).getByRole('button', { name: 'Save' }).click();
    await form(page).waitFor({ state: 'detached' });

    await page.getByRole('link', { name: 'Logging' }).click();
    await card.getByRole('button', { name: 'Delete' }).click();
    await form(page).getByRole('button', { name: 'Delete configuration' }).click();
    await page.getByText('Nothing is kept').waitFor();
    assert.deepEqual(alarms, []);
  });

  test('shows nodes and quotas', async () => {
    const { page } = await signIn(s, { hash: '#/server' });
    await page.getByText('Quotas in use').waitFor();
    await page.getByText('ready', { exact: true }).first().waitFor();
    assert.ok((await page.getByRole('meter').count()) > 0);
  });

  test('a node that is not well says why, in its card', async () => {
    const { page } = await signIn(s);
    const nodes = [
      { id: 'n1', version: '0.1.0', startTime: '2026-01-02T03:04:05Z', connections: 3, rooms: 1, ready: false, reason: "records can't be written: 1 of 2 servers are in sight, which is no majority" },
      { id: 'n2', connections: 0, rooms: 0, ready: false, reason: "The node doesn't answer." },
    ];
    await page.route('**/parlor/GetStatus', (route) => route.fulfill({ json: { nodes, quotas: [] } }));
    await page.getByRole('link', { name: 'Server' }).click();
    const cards = page.getByRole('listitem');
    await cards.nth(0).getByText('which is no majority').waitFor();
    assert.equal(await cards.nth(0).evaluate((card) => card.scrollWidth > card.clientWidth), false, 'the reason leaves the card');
    assert.match(await cards.nth(1).innerText(), /not ready\s+The node doesn't answer\.\s+Connections\s+–\s+Live rooms\s+–\s*$/);
  });

  test('works under another name over plain HTTP, where browsers keep things back', async () => {
    const { page } = await signIn({ ...s, url: s.url.replace('127.0.0.1', 'parlor.test') });
    assert.equal(await page.evaluate(() => isSecureContext), false);
    await s.room('Plain');
    await page.getByRole('link', { name: 'Server' }).click();
    await page.getByText('Quotas in use').waitFor();
    await page.getByRole('link', { name: 'Rooms' }).click();
    await page.getByRole('link', { name: /Plain/ }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Copy ARN' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
  });

  test('a room that was lost is found again by itself', async () => {
    const { page, arn } = await roomPage('Lost-and-found');
    s.wire.down = true;
    s.wire.drop();
    await page.getByText('Not connected', { exact: true }).waitFor();
    await page.getByLabel('Messages', { exact: true }).getByText('The server does not answer').waitFor();
    s.wire.down = false;
    await page.getByText('Live', { exact: true }).waitFor();
    const ann = await s.person(arn, 'ann');
    ann.say('back again');
    await page.getByRole('option', { name: /back again/ }).waitFor();
    await until(async () => (await page.getByText('The server does not answer').count()) === 0, 'the trouble to be forgotten');
    ann.leave();
  });

  test('a server that went away is said in words', async () => {
    const { page } = await signIn(s);
    s.wire.down = true;
    s.wire.drop();
    await page.getByRole('link', { name: 'Logging' }).click();
    await page.getByText('The server does not answer').waitFor();
  });
});
