import { VirtualRuntime } from '@trunkline/protocol/testing';
import { describe, expect, it } from 'vitest';
import { parseGlob } from './path-glob.js';
import { Sources } from './sources.js';
import { startWatch, type FileWatcher, type Watch } from './watch.js';

/** A watch over runs that end when the test says so, and over files that nobody reads. */
class WatchTest implements FileWatcher {
  readonly runtime = new VirtualRuntime();
  readonly watched: string[] = [];
  runs = 0;
  isClosed = false;
  sources = new Sources(
    ['/p/config.ts', '/p/shared.ts'],
    [parseGlob('/p', 'src/*.contract.ts')],
    false,
  );
  change: (path: string) => void = () => undefined;
  #endRun: () => void = () => undefined;
  readonly watch: Watch;

  constructor() {
    this.watch = startWatch({
      runtime: this.runtime,
      openWatcher: (onChange) => {
        this.change = onChange;
        return this;
      },
      run: async () => {
        this.runs++;
        await new Promise<void>((end) => (this.#endRun = end));
        return this.sources;
      },
    });
  }

  async endRun(): Promise<void> {
    this.#endRun();
    await this.runtime.settle();
  }

  async add(paths: readonly string[]): Promise<void> {
    this.watched.push(...paths);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

describe('startWatch', () => {
  it('runs at once, then watches what the run was made from', async () => {
    const test = new WatchTest();
    expect(test.runs).toBe(1);
    expect(test.watched).toEqual([]);
    await test.endRun();
    await test.watch.ready;
    expect(test.watched).toEqual(['/p/config.ts', '/p/shared.ts', '/p/src']);
  });

  it('runs once for changes that come together', async () => {
    const test = new WatchTest();
    await test.endRun();
    test.change('/p/shared.ts');
    test.change('/p/src/new.contract.ts');
    await test.runtime.advance(49);
    expect(test.runs).toBe(1);
    await test.runtime.advance(1);
    expect(test.runs).toBe(2);
    await test.endRun();
    await test.runtime.advance(1000);
    expect(test.runs).toBe(2);
  });

  it('runs again for a change that comes during a run', async () => {
    const test = new WatchTest();
    await test.endRun();
    test.change('/p/shared.ts');
    await test.runtime.advance(50);
    test.change('/p/shared.ts');
    await test.runtime.advance(1000);
    expect(test.runs).toBe(2);
    await test.endRun();
    await test.runtime.advance(50);
    expect(test.runs).toBe(3);
  });

  it('does not run for files that it was not made from, such as those that it writes', async () => {
    const test = new WatchTest();
    await test.endRun();
    test.change('/p/src/generated/chat.client.ts');
    test.change('/p/src/other.ts');
    await test.runtime.advance(1000);
    expect(test.runs).toBe(1);
  });

  it('runs for any change after a run that failed, and watches what became known', async () => {
    const test = new WatchTest();
    test.sources = new Sources(['/p/config.ts'], [], true);
    await test.endRun();
    test.sources = new Sources(['/p/config.ts', '/p/x.ts'], [], false);
    test.change('/p/anything.ts');
    await test.runtime.advance(50);
    await test.endRun();
    expect(test.runs).toBe(2);
    expect(test.watched).toEqual(['/p/config.ts', '/p/x.ts']);
  });

  it('stops: waits for a run, closes the watcher, and starts no other run', async () => {
    const test = new WatchTest();
    await test.endRun();
    test.change('/p/shared.ts');
    await test.runtime.advance(50);
    test.change('/p/shared.ts');
    const stopped = test.watch.stop();
    await test.runtime.settle();
    expect(test.isClosed).toBe(false);
    await test.endRun();
    await stopped;
    expect(test.isClosed).toBe(true);
    test.change('/p/shared.ts');
    expect(test.runtime.timers).toBe(0);
    expect(test.runs).toBe(2);
  });

  it('forgets a run that was about to start when it is stopped', async () => {
    const test = new WatchTest();
    await test.endRun();
    test.change('/p/shared.ts');
    expect(test.runtime.timers).toBe(1);
    await test.watch.stop();
    expect(test.runtime.timers).toBe(0);
    expect(test.runs).toBe(1);
  });
});
