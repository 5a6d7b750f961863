import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from './browser.js';
import { poll } from './poll.js';
import type { Tab } from './tab.js';

const SEE_MS = 30_000;
const RUN_MS = 60_000;

/** What a page is made from. */
export interface BrowserPageOptions {
  readonly browser: string;
  readonly tab: Tab;
  readonly log: readonly string[];
  readonly closed: () => void;
}

/** A page whose failures say what was to be seen. */
export class BrowserPage implements Page {
  readonly log: readonly string[];
  readonly #options: BrowserPageOptions;
  readonly #tab: Tab;
  #isClosed = false;

  constructor(options: BrowserPageOptions) {
    this.#options = options;
    this.#tab = options.tab;
    this.log = options.log;
  }

  async goto(url: string): Promise<void> {
    await this.#act(`open ${url}`, () => this.#tab.goto(url));
  }

  async back(): Promise<void> {
    await this.#act('go back', () => this.#tab.back());
  }

  async setOffline(isOffline: boolean): Promise<void> {
    await this.#act('change the network', () => this.#tab.setOffline(isOffline));
  }

  async type(selector: string, text: string): Promise<void> {
    await this.#act(`type into "${selector}"`, async () => {
      await this.#tab.focus(selector);
      await this.#tab.type(text);
    });
  }

  async press(key: string): Promise<void> {
    await this.#act(`press ${key}`, () => this.#tab.press(key));
  }

  async click(selector: string): Promise<void> {
    await this.#act(`click on "${selector}"`, () => this.#tab.click(selector));
  }

  async text(selector: string): Promise<string> {
    const text = await this.#read(selector);
    if (text === undefined) throw new Error(`there is no "${selector}"${await this.#shown()}`);
    return text;
  }

  async see(selector: string, text: string | RegExp, withinMs = SEE_MS): Promise<void> {
    let seen: string | undefined;
    const found = await poll(async () => {
      seen = await this.#read(selector);
      return seen !== undefined && matches(seen, text);
    }, withinMs);
    if (found) return;
    const instead = seen === undefined ? 'it is not there' : `it shows ${JSON.stringify(seen)}`;
    const wanted = typeof text === 'string' ? JSON.stringify(text) : String(text);
    const fault = `"${selector}" does not show ${wanted} within ${withinMs} ms: ${instead}`;
    throw new Error(fault + (await this.#shown()));
  }

  async run<T>(expression: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const fault = `not done within ${RUN_MS} ms: ${expression}`;
      timer = setTimeout(() => reject(new Error(fault)), RUN_MS);
    });
    try {
      return (await Promise.race([this.#tab.evaluate(expression), late])) as T;
    } finally {
      clearTimeout(timer);
    }
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#tab.resize(width, height);
  }

  async screenshot(file: string): Promise<void> {
    const folder = process.env['TRUNKLINE_SCREENSHOTS'];
    if (folder === undefined || folder === '') return;
    await mkdir(folder, { recursive: true });
    await this.#tab.screenshot(join(folder, `${this.#options.browser}-${file}`));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#tab.close();
    this.#options.closed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #read(selector: string): Promise<string | undefined> {
    const found = `document.querySelector(${JSON.stringify(selector)})`;
    // A page that is just being replaced by another one cannot be asked.
    const text = await this.#tab.evaluate(`${found}?.innerText ?? null`).catch(() => null);
    return typeof text === 'string' ? text : undefined;
  }

  async #act(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`could not ${what}: ${reason}${await this.#shown()}`, { cause: error });
    }
  }

  async #shown(): Promise<string> {
    const shown = (await this.#read('body')) ?? 'nothing';
    return `\n-- the page shows:\n${shown}\n-- its console says:\n${this.log.join('\n')}`;
  }
}

function matches(seen: string, text: string | RegExp): boolean {
  return typeof text === 'string' ? seen.includes(text) : seen.search(text) !== -1;
}
