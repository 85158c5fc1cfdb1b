import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join, shots, signIn, stage, until } from './harness.mjs';

// A room at a hundred messages a second, its limit: ten people at nearly ten each.
describe('a busy room', () => {
  let s;
  before(async () => {
    s = await stage();
  });
  after(() => s.close());

  async function crowd(arn, seconds) {
    const people = await Promise.all(Array.from({ length: 12 }, (_, i) => s.person(arn, `person-${i}`, { attributes: { username: `Person ${i}` } })));
    const end = Date.now() + seconds * 1000;
    let sent = 0;
    return {
      sent: () => sent,
      done: new Promise((ok) => {
        const timer = setInterval(() => {
          if (Date.now() > end) {
            clearInterval(timer);
            ok(people);
            return;
          }
          people[sent++ % people.length].say(`message ${sent} says something of the usual length, give or take a word`);
        }, 10.4);
      }),
    };
  }

  /** The share of the time that the page's main thread worked, and its rows. */
  async function load(page, milliseconds) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' }).catch(() => cdp.send('Performance.enable'));
    const read = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value]));
    const [a, start] = [await read(), Date.now()];
    await page.waitForTimeout(milliseconds);
    const b = await read();
    return (b.TaskDuration - a.TaskDuration) / ((Date.now() - start) / 1000);
  }

  test('the console keeps up, draws few rows, and stands still when scrolled up', async () => {
    const { arn } = await s.room('Busy');
    const { page } = await signIn(s, { hash: `#/room/${encodeURIComponent(arn)}` });
    await page.getByText('Live', { exact: true }).waitFor();
    const talk = await crowd(arn, 14);
    await page.waitForTimeout(2000);
    const share = await load(page, 4000);
    const rows = await page.locator('.feedrow').count();
    console.log(`console at 100 messages a second: main thread ${Math.round(share * 100)} % busy, ${rows} rows drawn`);
    assert.ok(rows < 80, `${rows} rows are drawn`);
    assert.ok(share < 0.6, `the main thread is ${Math.round(share * 100)} % busy`);

    const feed = page.getByRole('listbox');
    await feed.hover();
    await page.mouse.wheel(0, -600);
    await page.getByRole('button', { name: 'Follow' }).waitFor();
    const seen = async () => [await feed.evaluate((el) => el.scrollTop), await page.locator('.feedrow .text').first().textContent()];
    const before = await seen();
    await page.waitForTimeout(1500);
    assert.deepEqual(await seen(), before);
    await page.screenshot({ path: `${shots}console-busy.png` });
    await page.getByRole('button', { name: 'Follow' }).click();
    await talk.done;
    await until(async () => (await page.getByRole('option', { name: `message ${talk.sent()} says` }).count()) === 1, 'the last message');
  });

  test('the demo keeps up', async () => {
    const { arn } = await s.room('Busy-demo');
    const { page } = await join(s, { name: 'Ann', room: arn, reducedMotion: 'reduce' });
    const talk = await crowd(arn, 8);
    await page.waitForTimeout(2000);
    const share = await load(page, 4000);
    console.log(`demo at 100 messages a second: main thread ${Math.round(share * 100)} % busy`);
    assert.ok(share < 0.8, `the main thread is ${Math.round(share * 100)} % busy`);
    await talk.done;
    await page.getByText(`message ${talk.sent()} says`).waitFor();
    assert.ok((await page.locator('.line').count()) <= 400);
  });
});
