import { readdirSync } from 'node:fs';

/**
 * The procedure that a scenario measures; every target serves it.
 * @typedef {object} Procedure
 * @property {string} name
 * @property {import('zod').ZodType} input
 * @property {import('zod').ZodType} output
 * @property {(input: any) => unknown} handle gets a validated input; may return a promise
 */

/**
 * One connection to a target's server.
 *
 * `call` resolves to the procedure's output and rejects when the server refuses.
 * @typedef {{ call: (input: any) => Promise<any>, close: () => unknown }} Client
 */

/**
 * One contender: how its server and its client are made.
 *
 * Each half imports its packages when it is called, so that no process holds the other's code.
 * @typedef {object} Target
 * @property {string} label
 * @property {boolean} [echoes] answers with the bytes it got; its client compares them itself
 * @property {(procedure: Procedure) => Promise<{ port: number, close: () => unknown }>} startServer
 * @property {(port: number, procedure: Procedure) => Promise<Client>} connectClient
 */

/**
 * What a drive did: how many units were answered rightly, and how long some of them took.
 * @typedef {{ count: number, latency: import('node:perf_hooks').RecordableHistogram }} Driven
 */

/**
 * What is asked of every target, and what a right answer is.
 * @typedef {object} Scenario
 * @property {string} title
 * @property {string} unit what the figures are per, such as a call
 * @property {number} connections
 * @property {Procedure} procedure
 * @property {unknown} request
 * @property {readonly unknown[]} refusedRequests must be rejected, which proves the validation
 * @property {(output: any) => boolean} check cheap: it runs on every answer
 * @property {(clients: readonly Client[], options: { seconds: number,
 *   check: (output: any) => boolean }) => Promise<Driven>} drive
 */

/** Lists the names of all targets. */
export const listTargets = () => namesIn('targets');

/** Lists the names of all scenarios. */
export const listScenarios = () => namesIn('scenarios');

/**
 * Loads a target by its name.
 * @param {string} name one of `listTargets()`
 * @returns {Promise<Target>}
 */
export async function loadTarget(name) {
  return (await import(`../targets/${name}.mjs`)).target;
}

/**
 * Loads a scenario by its name.
 * @param {string} name one of `listScenarios()`
 * @returns {Promise<Scenario>}
 */
export async function loadScenario(name) {
  return (await import(`../scenarios/${name}.mjs`)).scenario;
}

/** @param {string} folder */
function namesIn(folder) {
  return readdirSync(new URL(`../${folder}/`, import.meta.url))
    .filter((file) => file.endsWith('.mjs'))
    .map((file) => file.slice(0, -'.mjs'.length))
    .sort();
}
