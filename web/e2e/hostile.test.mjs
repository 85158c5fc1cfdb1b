import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join, open, signIn, stage, until } from './harness.mjs';
import { payloads } from './payloads.mjs';

describe('two hundred texts that want to be script', () => {
  let s;
  let room;
  before(async () => {
    s = await stage();
    room = await s.room('Hostile');
  });
  after(() => s.close());

  test('are only ever text, as content, user id, attribute key and value', async () => {
    assert.equal(payloads.length, 200);
    const demo = await join(s, { name: 'Mara', role: 'Moderator', room: room.arn });
    const console_ = await signIn(s, { hash: `#/room/${encodeURIComponent(room.arn)}` });
    await console_.page.getByText('Live', { exact: true }).waitFor();

    const people = [];
    for (const payload of payloads) {
      const one = await s.person(room.arn, payload, { attributes: { username: payload, avatar: payload, [payload]: payload } });
      one.say(payload, { [payload]: payload, message_type: people.length % 3 ? payload : 'STICKER', sticker_src: payload });
      people.push(one);
      await until(() => one.heard.some((m) => m.Content === payload || m.Type === 'ERROR'), 'the echo');
      assert.deepEqual(one.heard.filter((m) => m.Type === 'ERROR'), [], payload);
    }
    await s.event(room.arn, payloads[1], { [payloads[2]]: payloads[3] });
    for (const one of people.slice(0, 20)) one.leave();

    await textsIn(demo.page, '.line p > span', payloads);
    await textsIn(demo.page, '.line b', payloads);
    const feed = console_.page.getByRole('listbox');
    const seen = new Set();
    await feed.evaluate((el) => el.scrollTo(0, 0));
    await until(async () => {
      for (const t of await console_.page.locator('.feedrow .text').allTextContents()) seen.add(t);
      // A screen further, from the end back to the top; a slow machine may have missed a row.
      await feed.evaluate(async (el) => {
        const end = el.scrollTop + el.clientHeight >= el.scrollHeight - 1;
        el.scrollTo(0, end ? 0 : el.scrollTop + 250);
        for (let i = 0; i < 2; i++) await new Promise((drawn) => requestAnimationFrame(drawn));
      });
      return payloads.every((p) => seen.has(p));
    }, 'all payloads in the feed');
    for (let i = 0; i < 12; i++) {
      await console_.page.getByRole('option').nth(i).click();
      await console_.page.locator('.inspector pre').waitFor();
    }
    for (const { page } of [demo, console_]) {
      const grown = await page.evaluate(() => [...document.querySelectorAll('script:not([src*="assets/"]), iframe, object, embed, base, marquee, details svg, [onerror], [onload], [onclick], a[href^="javascript"], img:not([src^="./"])')].map((e) => e.outerHTML));
      assert.deepEqual(grown, [], 'elements that a text became');
    }
    assert.deepEqual([...demo.alarms, ...console_.alarms], []);
    for (const one of people) one.leave();
  });

  test('and the alarm would ring if one were not', async () => {
    const { page, alarms } = await open(s, '/demo/');
    await page.evaluate(() => {
      try {
        document.body.innerHTML = '<img src=x onerror=pwned(1)>';
      } catch {
        // Trusted Types say no, and tell.
      }
      const script = document.createElement('script');
      script.src = '//evil.test/x.js'; // an address made from a string
    }).catch(() => {});
    await page.evaluate(() => {
      const style = document.createElement('style');
      style.textContent = 'body { color: red }';
      document.head.append(style);
    });
    await until(() => alarms.length >= 2, 'the alarm');
    assert.deepEqual(alarms.filter((a) => a.startsWith('script ran')), []);
  });

  test('so are they in addresses, searches and forms', async () => {
    const { page, alarms } = await signIn(s, { hash: `#/room/${encodeURIComponent(payloads[1])}` });
    await page.getByRole('alert').waitFor();
    await page.goto(`${s.url}/console/#/rooms`);
    await page.getByLabel('Search rooms').fill(payloads[1]);
    await page.getByText(payloads[1]).waitFor();
    await page.goto(`${s.url}/console/#/room/${encodeURIComponent(room.arn)}`);
    await page.getByRole('button', { name: 'Connect someone' }).click();
    await page.getByLabel('User ID').fill(payloads[1]);
    await page.getByRole('button', { name: 'Mint a token' }).click();
    await page.getByText(`A token for ${payloads[1]}`).waitFor();
    assert.deepEqual(alarms, []);
  });
});

/** Waits until each of texts is the whole text of some element. */
async function textsIn(page, selector, texts) {
  let missing = texts;
  await until(async () => {
    const have = new Set(await page.locator(selector).allTextContents());
    missing = texts.filter((t) => !have.has(t));
    return missing.length === 0;
  }, `texts in ${selector}`).catch((e) => {
    throw new Error(`${e.message}: ${missing.slice(0, 3).map((m) => JSON.stringify(m))} and ${missing.length} in all`);
  });
}
