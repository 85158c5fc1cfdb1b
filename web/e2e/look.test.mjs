import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { axe, join, open, say, shots, signIn, stage } from './harness.mjs';

// Every view in light and dark, wide and narrow: no serious finding of axe, no
// sideways scrolling, and a picture of each to look at in test-results/.
describe('how the pages look', () => {
  let s;
  let room;
  before(async () => {
    s = await stage();
    room = (await s.room('Late-show', { tags: { team: 'live' } })).arn;
    await s.room('Backstage');
  });
  after(() => s.close());

  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [
      [1280, 800],
      [390, 844],
    ]) {
      const name = `${colorScheme}-${width}`;
      const view = { colorScheme, viewport: { width, height } };
      const judge = async (page, what, findings) => {
        await page.waitForTimeout(250);
        await page.screenshot({ path: `${shots}${what}-${name}.png` });
        findings.push(...(await axe(page, what)));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        if (wide) findings.push(`${what}: scrolls sideways`);
      };

      test(`the demo, ${name}`, async () => {
        const findings = [];
        const start = await open(s, '/demo/', view);
        await start.page.getByRole('button', { name: /^Join / }).waitFor();
        await judge(start.page, 'demo-join', findings);
        await start.page.getByText('More choices').click();
        await start.page.getByRole('button', { name: /^Join / }).click();
        await start.page.getByText('Choose a name').waitFor();
        await judge(start.page, 'demo-noname', findings);
        const mod = await join(s, { name: 'Mara', role: 'Moderator', avatar: 'owl', room, ...view });
        await judge(mod.page, 'demo-empty', findings);
        const shift = await watchShifts(mod.page);
        const ann = await s.person(room, 'ann', { attributes: { username: 'Ann' } });
        const bob = await s.person(room, 'bob', { attributes: { username: 'Bob', avatar: `${s.url}/demo/avatars/frog.svg` } });
        ann.say('Good evening! Is this where the stream is?');
        bob.say('It is. Pull up a chair, they are about to begin with the second half.');
        await mod.page.getByText('Pull up a chair').waitFor();
        await say(mod.page, 'House rules are on the wall: be kind.');
        bob.say('Sticker: hype', { message_type: 'STICKER', sticker_src: `${s.url}/demo/stickers/hype.svg` });
        ann.say('something rude');
        const rude = mod.page.locator('.line', { hasText: 'something rude' });
        await rude.waitFor();
        await rude.hover();
        await rude.getByRole('button', { name: 'Delete the message of Ann' }).click();
        await mod.page.getByText('message deleted').waitFor();
        assert.equal(await shift(), 0, 'layout shift while messages come');
        await mod.page.getByRole('button', { name: 'Stickers' }).click();
        await judge(mod.page, 'demo-chat', findings);
        await mod.page.locator('.line', { hasText: 'Pull up' }).hover();
        await mod.page.getByRole('button', { name: 'Remove Bob' }).first().click();
        await judge(mod.page, 'demo-remove', findings);
        await mod.page.keyboard.press('Escape');
        await mod.page.getByRole('dialog').waitFor({ state: 'hidden' });
        await say(mod.page, 'x'.repeat(510));
        await mod.page.getByText('longer than this room allows').waitFor();
        await judge(mod.page, 'demo-refused', findings);
        s.wire.down = true;
        s.wire.drop();
        await mod.page.getByText('Trying again in').waitFor();
        await judge(mod.page, 'demo-cut', findings);
        await s.clear();
        for (const one of [ann, bob]) one.leave();
        assert.deepEqual(findings, []);
      });

      test(`the console, ${name}`, async () => {
        const findings = [];
        const start = await open(s, '/console/', view);
        await judge(start.page, 'console-signin', findings);
        const { page } = await signIn(s, view);
        await page.getByText('Late-show').waitFor();
        await judge(page, 'console-rooms', findings);
        await page.getByRole('button', { name: 'New room' }).click();
        await judge(page, 'console-newroom', findings);
        await page.getByLabel('Name', { exact: true }).fill('no spaces allowed');
        await page.getByRole('button', { name: 'Make room' }).click();
        await page.getByText('Change this, then try again').waitFor();
        await judge(page, 'console-refused', findings);
        await page.keyboard.press('Escape');
        await page.getByText('Late-show').click();
        await page.getByText('Live', { exact: true }).waitFor();
        await judge(page, 'console-quiet', findings);
        const ann = await s.person(room, 'ann');
        const shift = await watchShifts(page);
        for (let i = 0; i < 9; i++) ann.say(`Line ${i} of what Ann has to say, which now and then is more than fits on one row`);
        await s.event(room, 'app:POLL', { question: 'tea?' });
        await page.getByRole('option', { name: /app:POLL/ }).waitFor();
        await page.waitForTimeout(1200);
        assert.equal(await shift(), 0, 'layout shift while messages come');
        await page.getByRole('option', { name: /Line 7/ }).click();
        await judge(page, 'console-room', findings);
        if (width < 980) {
          await page.getByRole('button', { name: 'People and rates' }).click();
          await judge(page, 'console-people', findings);
        }
        await page.getByRole('button', { name: 'Connect someone' }).click();
        await page.getByLabel('User ID').fill('bob');
        await judge(page, 'console-connect', findings);
        await page.getByRole('button', { name: 'Mint a token' }).click();
        await page.getByText('Good for one').waitFor();
        await judge(page, 'console-token', findings);
        await page.getByRole('button', { name: 'Done' }).click();
        await page.getByRole('button', { name: 'Delete', exact: true }).click();
        await judge(page, 'console-delete', findings);
        await page.keyboard.press('Escape');
        await page.getByRole('link', { name: 'Server' }).click();
        await page.getByText('Quotas in use').waitFor();
        await judge(page, 'console-server', findings);
        await page.getByRole('link', { name: 'Logging' }).click();
        await page.getByText('Nothing is kept').waitFor();
        await judge(page, 'console-logging', findings);
        await s.clear();
        ann.leave();
        assert.deepEqual(findings, []);
      });
    }
  }

  test('the demo has less than 150 KB of script, zipped', () => {
    const assets = new URL('../dist/demo/assets/', import.meta.url);
    const scripts = readdirSync(assets).filter((f) => f.endsWith('.js'));
    const size = scripts.reduce((sum, f) => sum + gzipSync(readFileSync(new URL(f, assets))).length, 0);
    console.log(`the demo's script is ${(size / 1024).toFixed(1)} KB zipped`);
    assert.ok(size > 0 && size < 150 * 1024);
  });
});

/** Sums the layout shifts from now on that nobody's click or key explains. */
async function watchShifts(page) {
  await page.evaluate(() => {
    globalThis.shifted = 0;
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) {
        if (e.hadRecentInput) continue;
        globalThis.shifted += e.value;
        globalThis.shifts.push(e.sources.map((x) => `${x.node?.nodeName}.${x.node?.className} ${JSON.stringify(x.previousRect)} ${JSON.stringify(x.currentRect)}`));
      }
    }).observe({ type: 'layout-shift' });
  });
  return async () => {
    const [sum, what] = await page.evaluate(() => [globalThis.shifted, globalThis.shifts]);
    if (sum > 0) console.log(JSON.stringify(what).slice(0, 1500));
    return sum;
  };
}
