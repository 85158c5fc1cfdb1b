import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { join, open, say, stage, until } from './harness.mjs';

describe('the demo', () => {
  let s;
  before(async () => {
    s = await stage();
  });
  afterEach(() => s.clear());
  after(() => s.close());

  test('two windows talk, the first word within a second of the click', async () => {
    const ann = await join(s, { name: 'Ann', avatar: 'fox' });
    const bob = await join(s, { name: 'Bob', avatar: 'frog' });
    await ann.page.getByLabel('Message', { exact: true }).fill('Hello Bob');
    const took = ann.page.evaluate(
      () =>
        new Promise((ok) => {
          const button = document.querySelector('button.send');
          button.addEventListener('click', () => {
            const start = performance.now();
            const look = () => (document.body.innerText.includes('Hello Bob') ? ok(performance.now() - start) : requestAnimationFrame(look));
            look();
          });
        }),
    );
    await ann.page.getByRole('button', { name: 'Send', exact: true }).click();
    const shown = await took;
    assert.ok(shown < 1000, `the first message took ${Math.round(shown)} ms`);
    console.log(`first message visible after ${Math.round(shown)} ms`);
    await bob.page.getByText('Hello Bob').waitFor();
    await say(bob.page, 'Hello Ann');
    await ann.page.getByText('Hello Ann').waitFor();
    assert.equal(await ann.page.locator('.line', { hasText: 'Hello Ann' }).locator('img.face').getAttribute('src'), './avatars/frog.svg');
    assert.deepEqual([...ann.alarms, ...bob.alarms], []);
  });

  test('stickers show as pictures, emotes fly and are no lines', async () => {
    const ann = await join(s, { name: 'Ann' });
    const bob = await join(s, { name: 'Bob' });
    await ann.page.getByRole('button', { name: 'Stickers' }).click();
    await ann.page.getByRole('button', { name: 'Send sticker wow' }).click();
    await bob.page.getByAltText('Sticker: wow').waitFor();
    const lines = await bob.page.locator('.line').count();
    await ann.page.getByRole('button', { name: 'Throw heart' }).click();
    await bob.page.locator('.emotes span').waitFor();
    assert.equal(await bob.page.locator('.line').count(), lines);
  });

  test('a viewer reads and cannot write', async () => {
    const viewer = await join(s, { name: 'Vera', role: 'Viewer' });
    await viewer.page.getByText('here as a viewer').waitFor();
    assert.equal(await viewer.page.getByLabel('Message', { exact: true }).count(), 0);
    const ann = await join(s, { name: 'Ann' });
    await say(ann.page, 'for all to read');
    await viewer.page.getByText('for all to read').waitFor();
    assert.equal(await ann.page.getByRole('button', { name: /^Delete/ }).count(), 0);
  });

  test('a moderator deletes a message and removes its sender', async () => {
    const mod = await join(s, { name: 'Mara', role: 'Moderator', avatar: 'owl' });
    const bob = await join(s, { name: 'Bob' });
    await say(bob.page, 'first spam');
    await say(bob.page, 'second spam');
    const first = mod.page.locator('.line', { hasText: 'first spam' });
    await first.hover();
    await first.getByRole('button', { name: 'Delete the message of Bob' }).click();
    await bob.page.getByText('message deleted: Mara removed it').waitFor();
    assert.equal(await bob.page.getByText('first spam').count(), 0);

    const second = mod.page.locator('.line', { hasText: 'second spam' });
    await second.hover();
    await second.getByRole('button', { name: 'Remove Bob' }).click();
    await mod.page.getByLabel('Reason').fill('Enough of it');
    await mod.page.getByRole('button', { name: 'Remove', exact: true }).click();
    await bob.page.getByText('A moderator removed you from the chat: Enough of it').waitFor();
    await bob.page.getByText('Not connected', { exact: true }).waitFor();
    await mod.page.getByText('Bob was removed: Enough of it').waitFor();
    await mod.page.getByText('its sender was removed').waitFor();
    assert.equal(await mod.page.getByText('second spam').count(), 0);

    await bob.page.getByRole('button', { name: 'Join again' }).click();
    await bob.page.getByText('Connected', { exact: true }).waitFor();
    assert.deepEqual([...mod.alarms, ...bob.alarms], []);
  });

  test("an application's event shows in the chat", async () => {
    const ann = await join(s, { name: 'Ann' });
    const { rooms } = await (await fetch(`${s.url}/demo/api/list`)).json();
    await s.event(rooms[0].arn, 'app:POLL', { question: 'tea?' });
    await ann.page.getByText('app:POLL · question: tea?').waitFor();
  });

  test('what the room refuses is said in words, and the text comes back', async () => {
    const ann = await join(s, { name: 'Ann' });
    const long = 'x'.repeat(501);
    await say(ann.page, long);
    await ann.page.getByText('That message is longer than this room allows').waitFor();
    assert.equal(await ann.page.getByLabel('Message', { exact: true }).inputValue(), long);
    await ann.page.getByText('1 too many').waitFor();
    await ann.page.getByRole('button', { name: 'Dismiss' }).click();
    assert.equal(await ann.page.getByRole('alert').count(), 0);
  });

  test('one who is too fast is told to wait', async () => {
    const ann = await join(s, { name: 'Ann' });
    await ann.page.getByRole('button', { name: 'Throw fire' }).evaluate((button) => {
      for (let i = 0; i < 30; i++) button.click();
    });
    await ann.page.getByText('That was a little fast for this room').waitFor();
  });

  test('a name is asked for in words', async () => {
    const { page } = await open(s, '/demo/');
    await page.getByRole('button', { name: /^Join / }).click();
    await page.getByText('Choose a name').waitFor();
    assert.ok(await page.getByLabel('Name').evaluate((el) => el === document.activeElement), 'the field has the focus');
  });

  test('without a backend the page says what to do', async () => {
    const { page } = await open(s, '/demo/');
    for (const settings of [{ json: { backend: '' } }, { status: 404, body: 'nothing here' }]) {
      await page.route('**/config.json', (route) => route.fulfill(settings));
      await page.reload();
      await page.getByText('This page has no backend yet').waitFor();
      await page.getByText('parlor serve --demo-backend').waitFor();
      await page.unroute('**/config.json');
    }
    await page.getByRole('button', { name: 'Look again' }).click();
    await page.getByRole('button', { name: /^Join / }).waitFor();
  });

  test('a cut wire shows, and mends', async () => {
    const ann = await join(s, { name: 'Ann' });
    s.wire.down = true;
    s.wire.drop();
    await ann.page.getByText('Not connected', { exact: true }).waitFor();
    await ann.page.getByText('Trying again in').waitFor();
    s.wire.down = false;
    await ann.page.getByText('Connected', { exact: true }).waitFor();
    await ann.page.getByText('Connected again').waitFor();
    await say(ann.page, 'back again');
    await ann.page.getByText('back again').waitFor();
    s.wire.drop(); // a short cut: the SDK mends it by itself
    await until(async () => (await ann.page.getByText('Connected again').count()) === 2, 'the second mending');
  });

  test('a session that ends begins anew by itself', async () => {
    const { page } = await open(s, '/demo/');
    const sockets = [];
    await page.routeWebSocket(/.*/, (ws) => {
      sockets.push(ws);
      ws.connectToServer();
    });
    await page.route('**/auth', async (route) => {
      const answer = await route.fetch();
      const token = await answer.json();
      await route.fulfill({ json: { ...token, sessionExpirationTime: new Date(Date.now() + 1500).toISOString() } });
    });
    await page.getByLabel('Name').fill('Ann');
    await page.getByRole('button', { name: /^Join / }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.waitForTimeout(1600);
    sockets[0].send(JSON.stringify({ Type: 'ERROR', Id: 'aaaaaaaaaaaa', RequestId: '', ErrorCode: 401, ErrorMessage: 'session expired' }));
    await page.getByText('Your session ended and was renewed').waitFor();
    await page.getByText('Connected', { exact: true }).waitFor();
    await say(page, 'still here');
    await page.getByText('still here').waitFor();
  });

  test('a deleted room says so', async () => {
    const { arn } = await s.room('short-lived');
    const ann = await join(s, { name: 'Ann', room: arn });
    await s.dropRoom(arn);
    await ann.page.getByRole('button', { name: 'Leave' }).click();
    await ann.page.getByRole('button', { name: /^Join / }).click();
    await ann.page.getByText('This room no longer exists').waitFor();
  });

  test('scrolled up, the chat stands still and counts', async () => {
    const ann = await join(s, { name: 'Ann' });
    const { rooms } = await (await fetch(`${s.url}/demo/api/list`)).json();
    const talker = await s.person(rooms[0].arn, 'talker');
    for (let i = 0; i < 30; i++) {
      talker.say(`line ${i}`);
      await ann.page.waitForTimeout(i % 9 === 8 ? 1100 : 20);
    }
    await ann.page.getByText('line 29', { exact: true }).waitFor();
    const box = ann.page.getByRole('log');
    await box.evaluate((el) => {
      el.scrollTop = 100;
    });
    await ann.page.getByText('back to the newest').waitFor();
    const top = await box.evaluate((el) => el.scrollTop);
    await ann.page.waitForTimeout(1100);
    for (let i = 0; i < 5; i++) talker.say(`later ${i}`);
    await ann.page.getByText('5 new').waitFor();
    assert.equal(await box.evaluate((el) => el.scrollTop), top);
    await ann.page.getByText('back to the newest').click();
    await until(() => box.evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight < 4), 'the end of the list');
    talker.leave();
  });

  test('works by keyboard alone', async () => {
    const { page } = await open(s, '/demo/');
    await page.getByLabel('Name').focus();
    await page.keyboard.type('Kay');
    await page.keyboard.press('Tab'); // avatars, one stop
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Tab'); // roles
    await page.keyboard.press('ArrowDown'); // moderator
    assert.ok(await page.getByLabel('Moderator').isChecked());
    await page.keyboard.press('Enter');
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.getByLabel('Message', { exact: true }).focus();
    await page.keyboard.type('typed');
    await page.keyboard.press('Enter');
    const line = page.locator('.line', { hasText: 'typed' });
    await line.waitFor();
    await page.getByRole('log').focus();
    for (let i = 0; i < 40 && (await line.count()) > 0; i++) {
      await page.keyboard.press('Tab');
      if (await line.getByRole('button', { name: /^Delete/ }).evaluate((el) => el === document.activeElement)) await page.keyboard.press('Enter');
      await page.waitForTimeout(30);
    }
    await page.getByText('message deleted: Kay removed it').waitFor();
    await page.getByRole('button', { name: 'Stickers' }).press('Enter');
    await page.getByRole('button', { name: 'Send sticker gg' }).press('Escape');
    await page.getByRole('button', { name: 'Send sticker gg' }).waitFor({ state: 'detached' });
    assert.ok(await page.getByRole('button', { name: 'Stickers' }).evaluate((el) => el === document.activeElement), 'the focus is back where the tray opened');
  });

  test('one whose view shrank to what fits has not scrolled up', async () => {
    const mod = await join(s, { name: 'Mara', role: 'Moderator', viewport: { width: 1280, height: 600 } });
    const words = ['tall', 'high', 'steep'];
    for (const word of words) {
      await say(mod.page, `${word} `.repeat(75).trim());
      await mod.page.locator('.line', { hasText: word }).waitFor();
    }
    await mod.page.getByRole('log').evaluate((el) => el.scrollTo(0, 0));
    await mod.page.getByText('back to the newest').waitFor();
    for (const word of words) {
      const line = mod.page.locator('.line', { hasText: word });
      await line.getByRole('button', { name: /^Delete/ }).focus();
      await mod.page.keyboard.press('Enter');
      await line.waitFor({ state: 'detached' });
    }
    await mod.page.getByText('back to the newest').waitFor({ state: 'detached' });
  });
});
