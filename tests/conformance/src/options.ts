import { parseArgs } from 'node:util';
import type { Conversation, Side } from './conversation.js';

/** What the runner is asked for. */
export interface Options {
  /** Of a server under test. */
  readonly url: string | undefined;
  /** That starts a client under test. */
  readonly client: string | undefined;
  /** Our server and our client are tested. */
  readonly isOurs: boolean;
  readonly chosen: readonly Conversation[];
  readonly list: boolean;
  readonly help: boolean;
}

/** Reads the arguments of the runner; throws an error that says what is wrong with them. */
export function readOptions(args: readonly string[], all: readonly Conversation[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: { type: 'string' },
      client: { type: 'string' },
      only: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { url, client, only, list, help } = values;
  if (url !== undefined) checkUrl(url);
  const isOurs = url === undefined && client === undefined;
  const sides: Side[] = [];
  if (isOurs || url !== undefined) sides.push('server');
  if (isOurs || client !== undefined) sides.push('client');
  const chosen = only === undefined ? all : choose(only.split(','), all, sides);
  return { url, client, isOurs, chosen, list, help };
}

function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isWebSocket = parsed?.protocol === 'ws:' || parsed?.protocol === 'wss:';
  if (isWebSocket && parsed.hash === '') return;
  throw new Error(`bad address "${url}": expected ws://… or wss://…, without a fragment`);
}

function choose(
  only: readonly string[],
  all: readonly Conversation[],
  sides: readonly Side[],
): readonly Conversation[] {
  const unknown = only.find((name) => all.every((conversation) => conversation.name !== name));
  if (unknown !== undefined) {
    const names = all.map(({ name }) => name).join(', ');
    throw new Error(`unknown conversation "${unknown}": expected ${names}`);
  }
  const chosen = all.filter(({ name }) => only.includes(name));
  // What is asked for by name and cannot be tested must not look as if it had passed.
  const useless = chosen.find(({ tests }) => !tests.some((side) => sides.includes(side)));
  if (useless === undefined) return chosen;
  const { name, tests } = useless;
  throw new Error(`conversation "${name}" cannot test a ${sides[0]}: expected a ${tests[0]}`);
}
