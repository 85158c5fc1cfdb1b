import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { ChatRoom, SendMessageRequest } from 'amazon-ivs-chat-messaging';
import WebSocket from 'ws';
import { open, say, stage, until } from './harness.mjs';
import { serve } from './server.mjs';

globalThis.WebSocket ??= WebSocket;

// examples/backend beside a server it only knows by its endpoint, and the demo
// page on an origin of its own.
describe('a backend of its own', () => {
  let s;
  let arn;
  let backend;
  let child;
  let pages;
  const folder = mkdtempSync(`${tmpdir()}/parlor-backend-`);
  before(async () => {
    s = await stage();
    ({ arn } = await s.room('Away'));
    execFileSync('go', ['build', '-o', `${folder}/backend`, './examples/backend'], { cwd: new URL('../..', import.meta.url).pathname, stdio: 'inherit' });
    child = spawn(`${folder}/backend`, ['-listen=127.0.0.1:0', `-endpoint=${s.url}`], {
      env: { AWS_ACCESS_KEY_ID: s.key.accessKeyId, AWS_SECRET_ACCESS_KEY: s.key.secretAccessKey, AWS_REGION: s.key.region },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.on('data', (d) => {
      log += d;
    });
    backend = await until(() => /serving on (\S+)/.exec(log)?.[1], 'the backend');
    pages = await serveFiles({ backend, chat: s.url.replace('http', 'ws') });
  });
  after(async () => {
    child?.kill();
    pages?.close();
    rmSync(folder, { recursive: true });
    await s.close();
  });
  const post = (path, body) => fetch(backend + path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

  test("answers as AWS's web demo asks, whose SDK then connects", async () => {
    const preflight = await fetch(`${backend}/auth`, { method: 'OPTIONS', headers: { Origin: 'http://demo.test', 'Access-Control-Request-Method': 'POST' } });
    assert.equal(preflight.headers.get('access-control-allow-origin'), '*');
    const heard = [];
    const room = new ChatRoom({
      regionOrUrl: s.url.replace('http', 'ws'),
      tokenProvider: async () => {
        const answer = await post('/auth', { arn, userId: 'ann.1', attributes: { username: 'ann', avatar: 'a.png' }, capabilities: ['SEND_MESSAGE', 'DELETE_MESSAGE', 'DISCONNECT_USER'] });
        const { token, sessionExpirationTime, tokenExpirationTime } = await answer.json();
        assert.match(sessionExpirationTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        return { token, sessionExpirationTime: new Date(sessionExpirationTime), tokenExpirationTime: new Date(tokenExpirationTime) };
      },
    });
    room.logLevel = 'error';
    room.addListener('message', (m) => heard.push(m));
    room.addListener('event', (e) => heard.push(e));
    room.connect();
    await until(() => room.state === 'connected', 'the connection');
    const sent = await room.sendMessage(new SendMessageRequest('hello'));
    assert.equal(sent.sender.attributes.username, 'ann');
    const event = await post('/event', { arn, eventName: 'app:DELETE_BY_USER', eventAttributes: { userId: 'bob.2' } });
    assert.deepEqual(await event.json(), { arn, status: 'success' });
    await until(() => heard.find((e) => e.eventName === 'app:DELETE_BY_USER' && e.attributes.userId === 'bob.2'), 'the event');
    const list = await (await fetch(`${backend}/list`)).json();
    assert.ok(list.rooms.some((r) => r.arn === arn));
    room.disconnect();
  });

  test('says what is missing, and what the control plane refused', async () => {
    const bare = await post('/auth', { arn });
    assert.equal(bare.status, 400);
    assert.match((await bare.json()).error, /userId/);
    const gone = await post('/auth', { arn: arn.replace(/\/.*/, '/NoSuchRoom12'), userId: 'u' });
    assert.equal(gone.status, 500);
    assert.match(await gone.text(), /ResourceNotFoundException/);
  });

  test('a page of another origin reaches the control plane only where the server says so', async () => {
    const { page } = await open({ ...s, url: pages.url }, '/chat/');
    const ask = (url) =>
      page.evaluate(async (to) => {
        const answer = await fetch(`${to}/ListRooms`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }).catch(() => undefined);
        return answer ? `${answer.status} ${answer.headers.get('x-amzn-errortype')}` : 'the browser keeps it back';
      }, url);
    assert.equal(await ask(s.url), 'the browser keeps it back');
    const other = await serve(`--cors-origins=${pages.url}`);
    assert.equal(await ask(other.url), '403 MissingAuthenticationTokenException');
    await other.close();
  });

  test('serves the demo page on an origin of its own', async () => {
    const { page, alarms } = await open({ ...s, url: pages.url }, '/chat/');
    await page.getByLabel('Name').fill('Ann');
    await page.getByText('More choices').click();
    await page.getByLabel('Room').selectOption(arn);
    await page.getByRole('button', { name: /^Join / }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    await say(page, 'from far away');
    await page.getByText('from far away').waitFor();
    assert.deepEqual(alarms, []);
  });
});

/** Serves dist/demo at /chat/ like any file server, with a configuration. */
async function serveFiles(config) {
  const kinds = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', woff2: 'font/woff2' };
  const server = createServer((q, a) => {
    const name = new URL(q.url, 'http://x').pathname.replace(/^\/chat\//, '') || 'index.html';
    const file = new URL(`../dist/demo/${name}`, import.meta.url);
    if (name === 'config.json') a.end(JSON.stringify(config));
    else if (!existsSync(file)) a.writeHead(404).end();
    else a.writeHead(200, { 'Content-Type': kinds[name.split('.').at(-1)] }).end(readFileSync(file));
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
