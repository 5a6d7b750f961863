import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRelay, type Relay } from '../support/relay.js';
import { describeBrowsers, type Browser, type Page } from './support/browser.js';
import { visitChat } from './support/chat-visitor.js';
import { startExample, type RunningExample } from './support/example.js';
import { startForeignFront } from './support/foreign-front.js';

/** How many messages of a room the server keeps in these tests. */
const KEEP = 3;
/** Until the page was told of it, which browsers do with the next frame. */
const SCROLL_TO_START = `new Promise((told) => {
  const scroller = document.querySelector('#scroller');
  scroller.addEventListener('scroll', () => told(), { once: true });
  scroller.scrollTop = 0;
})`;

describeBrowsers('the chat', (browser) => {
  let chat: RunningExample;
  let relay: Relay;

  beforeAll(async () => {
    chat = await startExample('chat', { KEEP: String(KEEP) });
    relay = await startRelay(chat.port);
  });
  afterAll(async () => {
    await relay.close();
    await chat.stop();
  });

  it('shows the messages and names of a room to all who are there, and to who comes later', async () => {
    await using ada = await enter(browser(), `${chat.url}/#/garden`, 'Ada');
    await ada.see('#messages', 'Mind the hedgehog.');
    await say(ada, 'Good morning <img src=x onerror=alert(1)>');
    const bob = await enter(browser(), `${chat.url}/#/garden`, 'Bob');
    await bob.see('#messages', 'Good morning <img src=x onerror=alert(1)>');
    await ada.see('#people', /Ada \(you\)\s+(B\s+)?Bob/);
    await bob.see('#people', 'Ada');
    await say(bob, 'Hello Ada');
    await ada.see('#messages .message:not(.own):last-child', 'Hello Ada');
    await ada.screenshot('chat-two.png');
    expect(bob.log).toEqual([]);
    await bob.close();
    await expect.poll(() => ada.text('#people')).not.toContain('Bob');
    expect(ada.log).toEqual([]);
  });

  it('says typed errors at the field that they are about', async () => {
    await using _eve = await visitChat(chat.port, 'Eve');
    await using page = await browser().open();
    await page.goto(chat.url);
    await page.type('#sign-in-name', '?');
    await page.press('Enter');
    await page.see('#sign-in-problem', 'Take at least 2 characters.');
    await fill(page, '#sign-in-name', 'eve');
    await page.press('Enter');
    await page.see('#sign-in-problem', '“eve” is somebody else at the moment.');
    expect(await page.run(`document.activeElement.id`)).toBe('sign-in-name');
    await page.click('#sign-in-free');
    await page.see('#me', 'eve 2');

    await page.type('#new-room-name', 'Garden');
    await page.press('Enter');
    await page.see('#new-room-problem', 'There is a room “Garden” already.');
    await page.click('#rooms a[href="#/attic"]');
    await page.type('#composer-text', 'Anybody?');
    await page.press('Enter');
    await page.see('#composer-problem', /closed since \S+/);
    expect(await written(page)).toBe('Anybody?');
    await page.click('#rooms a[href="#/lobby"]');
    await page.see('#room-name', 'lobby');
    await page.press('Enter');
    await page.see('#composer-problem', 'Write something first.');
    await fill(page, '#composer-text', 'x'.repeat(501));
    await page.press('Enter');
    await page.see('#composer-problem', 'At most 500 characters.');
    await page.screenshot('chat-error.png');
    expect(page.log).toEqual([]);
  });

  it('tells of a lost connection, sends when it is back, and brings what was missed once', async () => {
    await using ada = await enter(browser(), `http://localhost:${relay.port}`, 'Ann');
    await using ben = await visitChat(chat.port, 'Ben');
    await ada.see('#connection-text', /^Connected$/);
    relay.cut();
    await ada.see('#connection summary', /No connection\s+(in \d+ s|now)/);
    await ada.type('#composer-text', 'Are you there?');
    await ada.press('Enter');
    await ada.see('#outgoing', /Are you there\?\s*sending…/);
    expect(await ada.text('#outgoing-status')).toBe('Sending');
    await ben.say('while away');
    // Who may come back has not left the room.
    expect(ben.names).toContain('Ann');
    // Firefox has delays of its own between attempts, so five of them take too long there.
    if (browser().name === 'chromium') {
      await ada.see('#connection-text', 'Unreachable', 20_000);
      await ada.see('#connection-hints', 'Check that a server listens at');
      await ada.screenshot('chat-unreachable.png');
    }
    relay.restore();
    await ada.click('#connection summary');
    await ada.see('#connection-text', /^Connected$/);
    await ada.see('#messages .back', 'While you were away');
    await ada.see('#messages .own:last-child', 'Are you there?');
    expect(await countOf(ada, 'while away')).toBe(1);
    expect(await countOf(ada, 'Are you there?')).toBe(1);
    expect(await written(ada)).toBe('');
  });

  it('loses nothing that is typed while it sends, and sends it in order', async () => {
    await using ira = await enter(browser(), `http://localhost:${relay.port}`, 'Ira');
    await ira.see('#connection-text', /^Connected$/);
    relay.cut();
    await ira.see('#connection summary', 'No connection');
    const texts = ['one', 'two', 'three'].map((text) => `${text} of ${browser().name}`);
    for (const text of texts) {
      await ira.type('#composer-text', text);
      await ira.press('Enter');
      expect(await written(ira)).toBe('');
    }
    await ira.type('#composer-text', 'and so');
    expect(await textsIn(ira, '#outgoing .text')).toEqual(texts);
    await ira.screenshot('chat-sending.png');
    relay.restore();
    await ira.click('#connection summary');
    await ira.see('#messages .own:last-child', texts.at(-1) ?? '');
    expect((await textsIn(ira, '#messages .own .text')).slice(-3)).toEqual(texts);
    await expect.poll(() => textsIn(ira, '#outgoing .text')).toEqual([]);
    expect(await written(ira)).toBe('and so');
    expect(await ira.text('#outgoing-status')).toBe('');
  });

  it('keeps what has failed where another text is being written', async () => {
    await using uma = await enter(browser(), `http://localhost:${relay.port}/#/attic`, 'Uma');
    await uma.see('#connection-text', /^Connected$/);
    relay.cut();
    await uma.see('#connection summary', 'No connection');
    for (const text of ['first', 'second']) {
      await uma.type('#composer-text', text);
      await uma.press('Enter');
    }
    await uma.type('#composer-text', 'third');
    relay.restore();
    await uma.click('#connection summary');
    await uma.see('#outgoing li:last-child', /^second\s+This room has been closed since/);
    await uma.see('#outgoing-status', 'This room has been closed since');
    await uma.screenshot('chat-failed.png');
    await uma.click('#outgoing li:first-child button:last-child');
    expect(await textsIn(uma, '#outgoing .text')).toEqual(['second']);
    expect(await uma.run(`document.activeElement.id`)).toBe('composer-text');
    await fill(uma, '#composer-text', '');
    await uma.click('#outgoing button');
    await uma.see('#composer-problem', /closed since \S+/);
    expect(await written(uma)).toBe('second');
    expect(await textsIn(uma, '#outgoing .text')).toEqual([]);
  });

  it('pauses when it is asked to, and shows in its place how much is missing', async () => {
    await using ada = await enter(browser(), `${chat.url}/#/garden`, 'Alma');
    await using bert = await visitChat(chat.port, 'Bert', 'garden');
    await say(ada, 'before');
    await ada.click('#connection summary');
    await ada.see('#connection-switch', 'Pause');
    await ada.click('#connection-switch');
    await ada.see('#connection-text', 'Paused');
    for (const number of [1, 2, 3, 4, 5]) await bert.say(`missed ${number}`);
    await ada.see('#connection-switch', 'Connect now');
    await ada.click('#connection-switch');
    await ada.see('#connection-text', /^Connected$/);
    await ada.see('#messages', 'missed 5');
    await ada.screenshot('chat-gap.png');
    const texts = await ada.run<string[]>(
      `[...document.querySelectorAll('#messages :is(.text, .note strong)')].map((e) => e.textContent)`,
    );
    const kept = ['missed 3', 'missed 4', 'missed 5'];
    expect(texts.slice(-5)).toEqual(['before', '2 messages are missing', ...kept]);
    expect(ada.log).toEqual([]);
  });

  it('goes on under its name with a server of another history when its own one stops', async () => {
    const [before, after] = await Promise.all([startExample('chat'), startExample('chat')]);
    await using road = await startRelay(before.port);
    await using page = await enter(browser(), `http://localhost:${road.port}`, 'Nora');
    road.leadTo(after.port);
    await before.stop();
    await page.see('#messages .gap', /Messages may be missing\s+The server has begun anew\./);
    await using zoe = await visitChat(after.port, 'Zoe');
    await page.see('#people', 'Zoe');
    expect(zoe.names).toEqual(['Nora', 'Zoe']);
    await say(page, 'Here again');
    expect(page.log).toEqual([]);
    await page.close();
    await after.stop();
  });

  it('can be used by keyboard alone', async () => {
    await using page = await browser().open();
    await page.goto(`${chat.url}/#/lobby`);
    // The field for the name has the focus.
    await page.press('K');
    await page.press('i');
    await page.press('m');
    await page.press('Enter');
    await page.see('#people', 'Kim (you)');
    // Without rooms there is nothing to go to.
    await page.see('#rooms', 'garden');
    await page.press('Escape');
    await page.press('ArrowDown');
    await page.press('Enter');
    await page.see('#room-name', 'garden');
    await page.press('H');
    await page.press('i');
    await page.press('Enter');
    await page.see('#messages .own:last-child', 'Hi');
    expect(await page.run(`document.activeElement.id`)).toBe('composer-text');
    expect(page.log).toEqual([]);
  });

  it('fits a phone, where the rooms are behind a button', async () => {
    await using page = await enter(browser(), chat.url, 'Pia of the longest name');
    await page.resize(360, 640);
    await say(page, `${'wide'.repeat(40)}\n`.repeat(3));
    const width = `Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)`;
    expect(await page.run(width)).toBeLessThanOrEqual(360);
    expect(await isShown(page, '#rooms')).toBe(false);
    await using pip = await visitChat(chat.port, 'Pip', 'garden');
    await pip.say('Over here');
    await page.see('#rooms-unread', '1');
    await page.click('#rooms-toggle');
    expect(await isShown(page, '#rooms')).toBe(true);
    await page.see('#rooms a[href="#/garden"] .unread', '1');
    await page.screenshot('chat-phone-rooms.png');
    await page.click('#rooms a[href="#/garden"]');
    await page.see('#room-name', 'garden');
    expect(await isShown(page, '#rooms')).toBe(false);
    await page.see('#people', '(you)');
    expect(await page.run(width)).toBeLessThanOrEqual(360);
    expect(await isShown(page, '#rooms-unread')).toBe(false);
    await page.screenshot('chat-phone.png');
    await page.click('#rooms-toggle');
    await page.type('#new-room-name', `nook of ${browser().name}`);
    await page.press('Enter');
    await page.see('#room-name', 'nook of');
    expect(await isShown(page, '#rooms')).toBe(false);
    expect(page.log).toEqual([]);
  });

  it('does not scroll away from what is read, and offers what is new', async () => {
    await using reader = await enter(browser(), chat.url, 'Rea');
    await using writer = await visitChat(chat.port, 'Wim');
    await reader.resize(600, 420);
    for (const number of [1, 2, 3]) {
      await writer.say(`${number}: ${'line\n'.repeat(20)}.`);
    }
    await reader.see('#messages', '3: line');
    await expect.poll(() => reader.run(DISTANCE_TO_END)).toBeLessThan(2);
    await reader.run(SCROLL_TO_START);
    await writer.say('the newest');
    await reader.see('#newest', '1 new message');
    expect(await reader.run(`document.querySelector('#scroller').scrollTop`)).toBe(0);
    await reader.click('#newest');
    await expect.poll(() => reader.run(DISTANCE_TO_END)).toBeLessThan(2);
    expect(await isShown(reader, '#newest')).toBe(false);
  });

  it('lets nothing that is written turn around what stands beside it', async () => {
    await using sara = await visitChat(chat.port, 'שרה', 'garden');
    await using tom = await enter(browser(), `${chat.url}/#/garden`, 'Tom');
    await sara.say('\u202eשלום\u202c \u2067abc');
    await tom.see('#messages .message:not(.own):last-child .text', /^שלום abc$/);
    const places = ['#people bdi', '.author', '.text', '#room-name', '#room-about', '#rooms .name'];
    const isolation = places.map((place) => `getComputedStyle(document.querySelector('${place}'))`);
    expect(await tom.run(`[${isolation.join()}].map((style) => style.unicodeBidi)`)).toEqual(
      places.map(() => 'isolate'),
    );
    expect(
      await tom.run(`getComputedStyle(document.querySelector('#messages > :last-child .text'))
      .direction`),
    ).toBe('rtl');
    await tom.screenshot('chat-right-to-left.png');
    expect(tom.log).toEqual([]);
  });

  it('tells a room in which nothing was said from one that is still to come', async () => {
    await using ida = await enter(browser(), `${chat.url}/#/garden`, 'Ida');
    await ida.see('#messages', /\S/);
    expect(await ida.run(`document.querySelector('#messages').ariaBusy`)).toBe('false');
    expect(await isShown(ida, '#empty')).toBe(false);
    await ida.type('#new-room-name', `den of ${browser().name}`);
    await ida.press('Enter');
    await ida.see('#room-name', 'den of');
    await expect.poll(() => isShown(ida, '#empty')).toBe(true);
    await say(ida, 'hello');
    expect(await isShown(ida, '#empty')).toBe(false);
    expect(ida.log).toEqual([]);
  });

  it('is refused by its server when it comes from another origin', async () => {
    await using front = await startForeignFront(chat.port);
    await using page = await browser().open();
    await page.goto(front.url);
    await page.see('#connection-text', 'Refused');
    await page.see('#connection-reason', /4403: origin not allowed/);
    await page.screenshot('chat-denied.png');
    expect(await page.run('document.querySelector("#connection").dataset.status')).toBe('denied');
  });

  it('has a server that writes nothing but its address', () => {
    expect(chat.lines).toEqual([chat.url]);
  });
});

describe('the bundle of the chat page', () => {
  it('has neither zod nor the contracts in it', async () => {
    const folder = fileURLToPath(new URL('../../examples/chat/dist/page/assets/', import.meta.url));
    const names = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    const texts = await Promise.all(names.map((name) => readFile(`${folder}${name}`, 'utf8')));
    const text = texts.join('');
    // What is said when a name is too short comes from the server alone.
    expect(text).toContain('is somebody else at the moment');
    expect(text).not.toContain('Take at least 2 characters.');
    expect(text).not.toMatch(/ZodError|_zod\b|invalid_type/);
  });
});

const DISTANCE_TO_END = `(({ scrollHeight, scrollTop, clientHeight }) =>
  scrollHeight - scrollTop - clientHeight)(document.querySelector('#scroller'))`;

/** Opens the chat in a tab of its own and signs in. */
async function enter(browser: Browser, url: string, name: string): Promise<Page> {
  const page = await browser.open();
  await page.goto(url);
  await page.type('#sign-in-name', name);
  await page.press('Enter');
  await page.see('#people', `${name} (you)`);
  return page;
}

/** Writes a message and waits until it stands in the room. */
async function say(page: Page, text: string): Promise<void> {
  await fill(page, '#composer-text', text);
  await page.press('Enter');
  await page.see('#messages .own:last-child', text.trim());
  await expect.poll(() => written(page)).toBe('');
}

/** Replaces the text of a field at once, for texts that take long to type. */
async function fill(page: Page, selector: string, text: string): Promise<void> {
  await page.run(`{
    const field = document.querySelector(${JSON.stringify(selector)});
    field.focus();
    field.value = ${JSON.stringify(text)};
    field.dispatchEvent(new Event('input'));
  }`);
}

/** What stands in the field for messages. */
function written(page: Page): Promise<string> {
  return page.run(`document.querySelector('#composer-text').value`);
}

function textsIn(page: Page, selector: string): Promise<string[]> {
  const found = `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
  return page.run(`${found}.map((element) => element.textContent)`);
}

function countOf(page: Page, text: string): Promise<number> {
  const texts = `[...document.querySelectorAll('#messages .text')]`;
  return page.run(`${texts}.filter((e) => e.textContent === ${JSON.stringify(text)}).length`);
}

function isShown(page: Page, selector: string): Promise<boolean> {
  const options = '{ visibilityProperty: true }';
  return page.run(
    `document.querySelector(${JSON.stringify(selector)}).checkVisibility(${options})`,
  );
}
