import { afterAll, afterEach, assert } from 'vitest';

// Every test is a leak test. Rejections that nobody handles, and errors that nobody catches, fail the
// run by themselves.

/** What a test starts and must end: anything that would keep a process alive. */
const WATCHED =
  /^(TCP|TLS|UDP|Timeout|Immediate|ProcessWrap|FSEvent|StatWatcher|HTTP|MessagePort|Worker)/;
/** How long what is being closed may take. */
const GRACE_MS = 15_000;

const prototypes = [Object.prototype, Array.prototype, Function.prototype, Promise.prototype];
const names = prototypes.map(namesOf);
const before = openResources();

afterEach(() => {
  assert.deepEqual(prototypes.map(namesOf), names, 'a prototype has changed');
});

afterAll(async () => {
  const end = performance.now() + GRACE_MS;
  // By turns and not by time: what ends by itself soon has ended then.
  while (leftOver().length > 0 && performance.now() < end) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(leftOver(), [], 'the tests of this file have left these open');
}, GRACE_MS * 2);

function namesOf(prototype: object): PropertyKey[] {
  return Reflect.ownKeys(prototype);
}

function openResources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => WATCHED.test(name));
}

/** What is open beyond what was when the file began. */
function leftOver(): string[] {
  const rest = [...before];
  return openResources().filter((name) => {
    const index = rest.indexOf(name);
    if (index >= 0) rest.splice(index, 1);
    return index < 0 && name !== 'Immediate';
  });
}
