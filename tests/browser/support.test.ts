import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { describeBrowsers } from './support/browser.js';
import { serveForeignPage } from './support/foreign-page.js';
import { createTemporaryHome } from './support/temporary-home.js';

const PAGE = `<!doctype html><html lang="en"><title>A page</title>
<form><label for="field">Text</label><input id="field"><button id="b" type="button">Go</button></form>
<output id="out"></output>`;
const POLICY = { 'content-security-policy': "default-src 'self'" };

describeBrowsers('a driven page', (browser) => {
  it('is typed into, clicked and read under a strict policy', async () => {
    await using site = await serveForeignPage(PAGE, POLICY);
    await using page = await browser().open();
    await page.goto(site.url);
    await page.run(
      `document.querySelector('#b').onclick = () => setTimeout(() => {
        document.querySelector('#out').textContent = 'read ' + document.querySelector('#field').value;
      }, 50)`,
    );
    await page.type('#field', 'Grüße, 世界');
    await page.press('Tab');
    await page.press('Enter');
    await page.see('#out', 'read Grüße, 世界');
    await page.see('#out', /^read/);
    expect(await page.text('#out')).toBe('read Grüße, 世界');
    await page.click('#b');
    expect(await page.run('Promise.resolve({ n: [1, "two"] })')).toEqual({ n: [1, 'two'] });
  });

  it('keeps what one console line declares for the next', async () => {
    await using site = await serveForeignPage(PAGE, POLICY);
    await using page = await browser().open();
    await page.goto(site.url);
    await page.run('const kept = [1]; kept.onmessage = async () => 1');
    expect(await page.run('kept.length')).toBe(1);
    await expect(page.run('nothing.at.all')).rejects.toThrow('nothing');
  });

  it('logs the console, uncaught errors and violations of the policy', async () => {
    await using site = await serveForeignPage(PAGE, POLICY);
    await using page = await browser().open();
    await page.goto(site.url);
    await page.run(`console.log('said', 1)`);
    await page.run(`void setTimeout(() => { throw new Error('thrown') }, 0)`);
    await page.run(
      `void document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))`,
    );
    await expect.poll(() => page.log.join('\n')).toMatch(/policy: img-src/);
    expect(page.log).toContain('log: said 1');
    expect(page.log.join('\n')).toMatch(/uncaught: .*thrown/);
  });

  it('has storage of its own, is visible and has the size it is given', async () => {
    await using site = await serveForeignPage(PAGE, POLICY);
    await using one = await browser().open();
    await using two = await browser().open();
    await one.goto(site.url);
    await two.goto(site.url);
    await one.run(`localStorage.setItem('a', 'b')`);
    expect(await two.run(`localStorage.getItem('a')`)).toBe(null);
    for (const page of [one, two])
      expect(await page.run('document.visibilityState')).toBe('visible');
    await one.type('#field', 'one');
    await two.type('#field', 'two');
    await one.type('#field', '1');
    expect(await one.run(`document.querySelector('#field').value`)).toBe('one1');
    expect(await two.run(`document.querySelector('#field').value`)).toBe('two');
    await one.resize(360, 640);
    expect(await one.run('innerWidth')).toBe(360);
    await one.screenshot('page.png');
  });

  it('says what is there instead of what was looked for', async () => {
    await using site = await serveForeignPage(PAGE, POLICY);
    await using page = await browser().open();
    await page.goto(site.url);
    await expect(page.see('label', 'Nothing', 200)).rejects.toThrow('it shows "Text"');
    await expect(page.text('#missing')).rejects.toThrow('there is no "#missing"');
  });
});

it.runIf(process.platform === 'linux')(
  'ends a process that a browser leaves behind, and fails',
  async () => {
    const home = await createTemporaryHome();
    const wait = 'setInterval(() => undefined, 1000)';
    const left = spawn(process.execPath, ['-e', wait], { env: home.env, stdio: 'ignore' });
    const ended = once(left, 'exit');
    await once(left, 'spawn');
    await expect(home.leave(async () => undefined)).rejects.toThrow(`behind: ${left.pid}`);
    expect(await ended).toEqual([null, 'SIGKILL']);
  },
  20_000,
);
