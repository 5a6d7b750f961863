import type { Conversation, Step } from './conversation.js';

/** Words of faults that no message shows, and the sections of PROTOCOL.md that they break. */
export const SECTIONS: readonly (readonly [RegExp, string])[] = [
  [/acknowledg/i, 'Numbers and acknowledgements'],
  [/numbered a batch/, 'Numbers and acknowledgements'],
  [/no WebSocket within|Unexpected server response|subprotocol|text message/, 'Negotiation'],
  [/bad batch|a batch above/, 'Batches'],
  [/without credit|credit of id|no credit came/, 'CREDIT'],
  [/features|bit RESUME|WELCOME/, 'WELCOME'],
  [/told (?:rx|first)/, 'RESUME'],
  [/packed layout/, 'Positions'],
  [/told of its own code/, 'ERROR'],
  [/used id|calls at a time/, 'CALL'],
  [/for which nothing is due/, 'CALL'],
  [/PONG/, 'PONG'],
  [/expected close|to be closed|with the reason|connected once more/, 'Close codes'],
  [/connection ended with/, 'Closing'],
];
const PROGRAM = /the program (?:printed|ended|was killed)/;

/** Says which section of PROTOCOL.md a fault breaks; that of the conversation when none is known. */
export function ruleOf(conversation: Conversation, fault: string): string {
  const { number, title } = conversation;
  const [first = ''] = fault.split('\n');
  const known = SECTIONS.find(([words]) => words.test(first))?.[1];
  if (known !== undefined) return known;
  const says = /^at: (.*)$/m.exec(fault)?.[1];
  const step = conversation.steps.find((candidate) => candidate.says === says);
  const kind = /^(?:(?:expected|got) )?([A-Z]{3,})\b/.exec(first)?.[1] ?? kindOf(step);
  return kind === undefined || PROGRAM.test(first) ? `${number}. ${title}` : kind;
}

function kindOf(step: Step | undefined): string | undefined {
  if (step === undefined) return undefined;
  if ('items' in step) return 'ITEM';
  if ('calls' in step) return 'CALL';
  if ('close' in step) return 'Close codes';
  return 'messages' in step ? step.messages.at(-1)?.kind : undefined;
}
