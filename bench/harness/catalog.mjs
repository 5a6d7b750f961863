import { readdirSync } from 'node:fs';

/**
 * A procedure with one answer.
 * @typedef {object} CallMember
 * @property {'call'} kind
 * @property {string} name
 * @property {import('zod').ZodType} input
 * @property {import('zod').ZodType} output
 * @property {(input: any) => unknown} handle gets a validated input; may return a promise
 * @property {() => Promise<void>} [wait] what a handler waits for; the echo waits for it as well
 * @property {() => Buffer} [echoReply] what the echo answers where an answer is not the request
 */

/**
 * A procedure with many items.
 * @typedef {object} StreamMember
 * @property {'stream'} kind
 * @property {string} name
 * @property {import('zod').ZodType} input
 * @property {import('zod').ZodType} item
 * @property {(input: any) => Iterable<any>} produce
 */

/**
 * What the server sends to all who subscribed to it.
 * @typedef {object} TopicMember
 * @property {'topic'} kind
 * @property {string} name
 * @property {import('zod').ZodType} message
 */

/**
 * The one thing that a scenario measures and every target serves.
 * @typedef {CallMember | StreamMember | TopicMember} Member
 */

/**
 * What a target is given: the member, and its limits that are not the defaults.
 * @typedef {object} Service
 * @property {Member} member
 * @property {Record<string, Record<string, any>>} [limits] by target, as its options name them
 */

/**
 * A server of a target. `publish` is there for a topic.
 * @typedef {{ port: number, close: () => unknown, publish?: (message: any) => unknown }} Server
 */

/**
 * One connection to a target's server; it has the method for the kind of its member.
 *
 * `call` resolves to the output and rejects when the server refuses; `read` resolves after the last
 * item; `subscribe` resolves when messages will come.
 * @typedef {object} Client
 * @property {(input: any) => Promise<any>} [call]
 * @property {(input: any, onItem: (item: any) => void) => Promise<void>} [read]
 * @property {(onMessage: (message: any) => void) => Promise<void>} [subscribe]
 * @property {() => unknown} close
 */

/**
 * One contender: how its server and its client are made.
 *
 * Each half imports its packages when it is called, so that no process holds the other's code.
 * @typedef {object} Target
 * @property {string} label
 * @property {boolean} [echoes] answers calls with the bytes it got; its client compares them itself
 * @property {boolean} [carriesBytes] a `Uint8Array` is a value to it; others get base64
 * @property {Record<string, number>} [limits] its own limits that are not the defaults
 * @property {Record<string, string>} [cannot] scenarios that it cannot do, and why
 * @property {(service: Service) => Promise<Server>} startServer
 * @property {(port: number, service: Service) => Promise<Client>} connectClient
 */

/**
 * What a drive did: how many units were answered rightly, how long some of them took, and figures
 * of the scenario's own.
 * @typedef {object} Driven
 * @property {number} count
 * @property {import('node:perf_hooks').RecordableHistogram} [latency]
 * @property {Record<string, number>} [figures]
 */

/**
 * What a drive can use.
 * @typedef {object} Tools
 * @property {number} seconds
 * @property {boolean} isWarmup
 * @property {unknown} request
 * @property {(value: any, index?: number) => boolean} check
 * @property {number} port
 * @property {(port?: number) => Promise<Client>} connect another client
 * @property {(act: string, args?: unknown) => Promise<any>} ask runs an act in the server's process
 * @property {() => Promise<{ server: import('./bench-process.mjs').BenchProcess, port: number }>}
 *   startServer another server
 */

/**
 * What the server of ours is held to: a figure that is at most so much, or so many times that of
 * another target.
 * @typedef {{ of: string, atMost: number, to?: string }} Mark
 */

/**
 * What is asked of every target, and what a right answer is.
 * @typedef {object} Scenario
 * @property {string} title
 * @property {string} row its name in the README's table
 * @property {string} unit what the figures are per, such as a call
 * @property {number} connections
 * @property {Member} member
 * @property {unknown} [request]
 * @property {readonly unknown[]} [refusedRequests] must be rejected, which proves the validation
 * @property {(value: any, index?: number) => boolean} check cheap: it runs on every answer
 * @property {Record<string, Record<string, any>>} [limits]
 * @property {Record<string, Record<string, number>>} [memberLimits] those that a target's contract
 *   has for the member
 * @property {Partial<Scenario>} [asText] for targets that do not carry bytes
 * @property {Record<string, string>} [cannot] targets that cannot do it, and why
 * @property {readonly Mark[]} marks
 * @property {readonly (readonly [key: string, title: string])[]} [columns] the figures to show
 * @property {number} [rounds] how many are enough, where a round takes long and differs little
 * @property {number} [limitMs] how long a drive may take beyond its seconds
 * @property {Record<string, (server: Server, args: any) => unknown>} [acts]
 * @property {(clients: readonly Client[], tools: Tools) => Promise<Driven>} drive
 * @property {typeof import('./measure-figure.mjs').measureFigure} [measure] in place of member and
 *   drive, where no processes are needed
 */

const SCENARIOS = [
  'depth-1',
  'small-call',
  'waiting-handlers',
  'many-connections',
  'order',
  'table',
  'megabyte',
  'fan-out',
  'fan-out-queued',
  'stream',
  'burst',
  'idle',
  'start',
  'stalled',
  'behind-large',
  'back',
  'client-size',
];

/** Lists the names of all targets. */
export const listTargets = () => namesIn('targets');

/** Lists the names of what is measured only if it is asked for: a target with more switched on. */
export const listVariants = () => namesIn('variants');

/** Lists the names of all scenarios, in the order in which they run. */
export const listScenarios = () => {
  const known = namesIn('scenarios');
  return SCENARIOS.filter((name) => known.includes(name));
};

/**
 * Loads a target by its name.
 * @param {string} name one of `listTargets()` or `listVariants()`
 * @returns {Promise<Target>}
 */
export async function loadTarget(name) {
  const folder = listVariants().includes(name) ? 'variants' : 'targets';
  return (await import(`../${folder}/${name}.mjs`)).target;
}

/**
 * Loads a scenario by its name.
 * @param {string} name one of `listScenarios()`
 * @returns {Promise<Scenario>}
 */
export async function loadScenario(name) {
  return (await import(`../scenarios/${name}.mjs`)).scenario;
}

/**
 * Loads a scenario as one target does it.
 * @param {string} name
 * @param {Target} target
 * @returns {Promise<Scenario>}
 */
export async function loadScenarioFor(name, target) {
  const scenario = await loadScenario(name);
  return target.carriesBytes ? scenario : { ...scenario, ...scenario.asText };
}

/** @param {string} folder */
function namesIn(folder) {
  return readdirSync(new URL(`../${folder}/`, import.meta.url))
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.slice(0, -'.mjs'.length))
    .sort();
}
