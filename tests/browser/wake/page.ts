import { connect, type ConnectionStatus } from '@trunkline/client';
import { desk } from './contract.js';

/** What a test sees of the page, and does in it; `wake` in its console. */
export interface WakePage {
  readonly news: readonly string[];
  readonly gaps: number;
  readonly statuses: readonly ConnectionStatus[];
  readonly events: readonly string[];
  readonly answers: readonly string[];
  readonly status: ConnectionStatus;
  readonly attempt: number;
  /** Milliseconds from the last event that wakes, or from `mark`, until the client was live. */
  readonly liveAfterMs: number | undefined;
  /** From now on it is measured how long it takes to be live. */
  mark(): void;
  /** Sets the clocks forward, as a device that slept finds them. */
  sleep(ms: number, clocks: 'wall' | 'both'): void;
  /** Starts a call that is answered when the test says so. */
  wait(): void;
  echo(text: string): Promise<string>;
}

const wallNow = Date.now.bind(Date);
const now = performance.now.bind(performance);
let wallAheadMs = 0;
let aheadMs = 0;
Date.now = () => wallNow() + wallAheadMs;
performance.now = () => now() + aheadMs;

const news: string[] = [];
const statuses: ConnectionStatus[] = [];
const events: string[] = [];
const answers: string[] = [];
let gaps = 0;
let markedAt: number | undefined;
let liveAfterMs: number | undefined;

function mark(): void {
  markedAt = now();
  liveAfterMs = undefined;
}

function note(event: Event): void {
  const { persisted } = event as PageTransitionEvent;
  events.push(persisted === undefined ? event.type : `${event.type} ${persisted}`);
}

// Before the client: the time that it takes counts from the event.
for (const type of ['online', 'resume', 'pageshow']) {
  const target: EventTarget = type === 'resume' ? document : window;
  target.addEventListener(type, mark);
}
for (const type of ['pagehide', 'pageshow', 'online', 'offline'])
  window.addEventListener(type, note);
for (const type of ['freeze', 'resume', 'visibilitychange']) document.addEventListener(type, note);

const url = new URL(location.href).searchParams.get('server') ?? '';
const client = connect(url, { contracts: { desk } });
client.connection.watch(({ status }) => {
  statuses.push(status);
  if (status !== 'live' || markedAt === undefined) return;
  liveAfterMs = now() - markedAt;
  markedAt = undefined;
});
client.desk.news().subscribe({ message: (text) => news.push(text), gap: () => void gaps++ });

const wake: WakePage = {
  news,
  statuses,
  events,
  answers,
  get gaps() {
    return gaps;
  },
  get status() {
    return client.connection.state.status;
  },
  get attempt() {
    return client.connection.state.attempt;
  },
  get liveAfterMs() {
    return liveAfterMs;
  },
  mark,
  sleep: (ms, clocks) => {
    wallAheadMs += ms;
    if (clocks === 'both') aheadMs += ms;
  },
  wait: () => {
    const kept = client.desk.wait(undefined, { deadlineMs: null });
    kept.then(
      (text) => answers.push(text),
      (error: unknown) => answers.push(String(error)),
    );
  },
  echo: (text) => client.desk.echo(text),
};
Object.assign(globalThis, { wake });
