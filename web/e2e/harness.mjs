// What the tests stand on: a server, a way to cut its wires, a browser that
// notices script it should not run, and people who talk without a browser.
import { mkdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { CreateChatTokenCommand, CreateRoomCommand, DeleteRoomCommand, IvschatClient, SendEventCommand } from '@aws-sdk/client-ivschat';
import { chromium } from 'playwright-core';
import WebSocket from 'ws';
import { serve } from './server.mjs';

export const shots = new URL('../test-results/', import.meta.url).pathname;
mkdirSync(shots, { recursive: true });

/** Starts a server with a proxy before it, and a browser. */
export async function stage() {
  const server = await serve();
  const wire = await proxy(new URL(server.url).port);
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP parlor.test 127.0.0.1'],
  });
  const url = `http://127.0.0.1:${wire.port}`;
  const plane = new IvschatClient({ endpoint: url, region: server.key.region, credentials: server.key });
  return {
    url,
    wire,
    browser,
    plane,
    key: server.key,
    room: (name, more = {}) => plane.send(new CreateRoomCommand({ name, maximumMessageRatePerSecond: 100, ...more })),
    dropRoom: (identifier) => plane.send(new DeleteRoomCommand({ identifier })),
    event: (roomIdentifier, eventName, attributes) => plane.send(new SendEventCommand({ roomIdentifier, eventName, attributes })),
    person: (arn, userId, more) => person(plane, url, arn, userId, more),
    async clear() {
      wire.down = false;
      for (const context of browser.contexts()) await context.close();
    },
    async close() {
      await browser.close();
      plane.destroy();
      wire.close();
      await server.close();
    },
  };
}

/** A wire that can be cut: drop() ends all connections without a word, and
 * while down is true new ones end too. */
async function proxy(to) {
  const open = new Set();
  const wire = { down: false };
  const server = createServer((a) => {
    if (wire.down) {
      a.destroy();
      return;
    }
    const b = connect(to, '127.0.0.1');
    for (const [x, y] of [
      [a, b],
      [b, a],
    ]) {
      open.add(x);
      x.on('error', () => {});
      x.on('close', () => {
        open.delete(x);
        y.destroy();
      });
      x.pipe(y);
    }
  });
  await new Promise((ok) => server.listen(0, '127.0.0.1', ok));
  wire.port = server.address().port;
  wire.drop = () => {
    for (const s of open) s.destroy();
  };
  wire.close = () => {
    wire.down = true;
    wire.drop();
    server.close();
  };
  return wire;
}

/** Opens a window. alarms gathers whatever must never happen in it. */
export async function open(s, path, options = {}) {
  const context = await s.browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const alarms = [];
  await page.exposeFunction('alarm', (what) => alarms.push(what));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => globalThis.alarm(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
    globalThis.pwned = (what) => globalThis.alarm(`script ran: ${what}`);
  });
  page.on('dialog', (d) => {
    alarms.push(`dialog: ${d.message()}`);
    void d.dismiss();
  });
  page.on('pageerror', (e) => alarms.push(`error: ${e.message}`));
  page.on('console', (m) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/i.test(m.text())) alarms.push(`console: ${m.text()}`);
  });
  await page.goto(s.url + path);
  return { page, context, alarms };
}

/** Joins the demo. */
export async function join(s, { name, role = 'Sender', room, avatar = 'fox', ...options }) {
  const window = await open(s, '/demo/', options);
  const { page } = window;
  await page.getByLabel('Name').fill(name);
  await page.getByAltText(avatar).click();
  await page.getByLabel(role).check();
  if (room) {
    await page.getByText('More choices').click();
    await page.getByLabel('Room').selectOption(room);
  }
  await page.getByRole('button', { name: /^Join / }).click();
  await page.getByText('Connected', { exact: true }).waitFor();
  return window;
}

export async function say(page, text) {
  const box = page.getByLabel('Message', { exact: true });
  await box.fill(text);
  await box.press('Enter'); // not just any key press: what had the focus may get it back meanwhile
}

/** Signs in to the console. */
export async function signIn(s, options = {}) {
  const window = await open(s, `/console/${options.hash ?? ''}`, options);
  const { page } = window;
  await until(() => page.getByLabel('Access key ID').inputValue(), 'what the server suggests');
  await page.getByLabel('Access key ID').fill(s.key.accessKeyId);
  await page.getByLabel('Secret access key').fill(s.key.secretAccessKey);
  await page.getByLabel('Region').fill(s.key.region);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Rooms', exact: true }).waitFor();
  return window;
}

/** Someone in a room without a browser. */
async function person(plane, url, roomIdentifier, userId, { attributes, capabilities = ['SEND_MESSAGE'] } = {}) {
  const { token } = await plane.send(new CreateChatTokenCommand({ roomIdentifier, userId, capabilities, attributes }));
  const socket = new WebSocket(url.replace('http', 'ws'), token);
  const heard = [];
  socket.on('message', (m) => heard.push(JSON.parse(m)));
  await new Promise((ok, no) => socket.on('open', ok).on('error', no));
  return {
    heard,
    say: (Content, Attributes) => socket.send(JSON.stringify({ Action: 'SEND_MESSAGE', Content, ...(Attributes && { Attributes }) })),
    leave: () => socket.close(),
  };
}

/** Looks for what makes a page hard to use. */
export async function axe(page, where) {
  await page.evaluate(readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${where}: ${v.id} (${v.impact}): ${v.nodes.map((n) => `${n.target} ${n.any.map((a) => a.message).join('; ')}`).join(' | ')}`);
}

/** Waits until look() answers truthily. */
export async function until(look, what, patience = 30_000) {
  const end = Date.now() + patience;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((ok) => setTimeout(ok, 50));
  }
}
