import type { Conversation, Side } from './conversation.js';
import type { HostileVerdict } from './hostile-batches.js';
import { ruleOf } from './rule-of.js';
import type { Verdict } from './verdict.js';

/** 0 when all went well, 1 when something did not, 2 when nothing could be tried. */
export type ExitCode = 0 | 1 | 2;

/** Tells of conversations in their order, each as soon as it and those before it are over. */
export class Report {
  readonly #due: readonly Conversation[];
  readonly #verdicts = new Map<string, Verdict>();
  /** What was broken, by the section of PROTOCOL.md. */
  readonly #broken = new Map<string, string[]>();
  readonly #say: (line: string) => void;
  #told = 0;
  #passed = 0;
  #over = 0;

  constructor(due: readonly Conversation[], say: (line: string) => void) {
    this.#due = due;
    this.#say = say;
  }

  /** Takes a verdict, and tells of all that can be told. */
  add(verdict: Verdict): void {
    this.#verdicts.set(verdict.name, verdict);
    for (;;) {
      const conversation = this.#due[this.#told];
      const next = conversation && this.#verdicts.get(conversation.name);
      if (conversation === undefined || next === undefined) return;
      this.#told++;
      this.#tell(conversation, next);
    }
  }

  /** Tells of the whole, and gives the exit code; `stopped` says why the rest was not tried. */
  end(hostile: HostileVerdict | undefined, stopped: string | undefined): ExitCode {
    if (hostile !== undefined) this.#say(hostile.summary);
    for (const section of hostile?.sections ?? []) this.#note(section, 'malformed batches');
    const untried = this.#due.length - this.#verdicts.size;
    if (untried > 0) this.#say(`  ${untried} were not tried, since ${stopped}`);
    const over = this.#over === 0 ? '' : `, ${this.#over} passed over`;
    this.#say(`  ${this.#passed} of ${this.#due.length - this.#over} conversations${over}`);
    if (this.#broken.size > 0) this.#say('  broken, by the sections of PROTOCOL.md:');
    for (const [section, names] of this.#broken) this.#say(`    ${section}: ${names.join(', ')}`);
    if (this.#passed === 0 && this.#isGone) return 2;
    return this.#broken.size === 0 && !this.#isGone ? 0 : 1;
  }

  get #isGone(): boolean {
    return [...this.#verdicts.values()].some(({ isGone }) => isGone);
  }

  #tell(conversation: Conversation, { fault, isPassedOver, isGone }: Verdict): void {
    const mark = isPassedOver ? 'over' : fault === undefined ? 'ok  ' : 'FAIL';
    const why = isPassedOver ? `, which needs ${needsOf(conversation)}` : '';
    this.#say(`  ${mark} ${describe(conversation)}${why}`);
    if (isPassedOver) this.#over++;
    else if (fault === undefined) this.#passed++;
    if (fault === undefined) return;
    this.#say(fault.trim().replaceAll(/^/gm, '       '));
    // Who is not there breaks no rule.
    if (isGone) return;
    const section = ruleOf(conversation, fault);
    this.#say(`       rule: PROTOCOL.md, "${section}"`);
    this.#note(section, `${conversation.number} ${conversation.name}`);
  }

  #note(section: string, name: string): void {
    this.#broken.set(section, [...(this.#broken.get(section) ?? []), name]);
  }
}

/** Says what a conversation is, in a line. */
export function describe({ number, name, title, tests }: Conversation): string {
  const sides: readonly Side[] = tests;
  return `${String(number).padStart(2)} ${name.padEnd(16)} ${title} (${sides.join(', ')})`;
}

function needsOf({ needs = [] }: Conversation): string {
  return needs.length === 0 ? 'a shorter ttlMs' : needs.join(' and ');
}
