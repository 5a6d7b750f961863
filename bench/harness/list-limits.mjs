/**
 * A limit of a target that is not its default, as its public option names it.
 * @typedef {{ target: string, option: string, value: number, byDefault: number }} SetLimit
 */

const BY_DEFAULT = {
  'ws maxPayload': 100 * 1024 * 1024,
  maxHttpBufferSize: 1_000_000,
};

/**
 * Lists the limits that a scenario and its targets set.
 * @param {import('./catalog.mjs').Scenario} scenario
 * @param {Record<string, import('./catalog.mjs').Target>} targets by name
 * @returns {Promise<SetLimit[]>}
 */
export async function listLimits(scenario, targets) {
  const { SERVER_LIMITS } = await import('@trunkline/server');
  const byDefault = {
    ...BY_DEFAULT,
    'maxOutputBytes of the call': SERVER_LIMITS.valueOutBytes.value,
  };
  const defaultOf = (option) => byDefault[option] ?? SERVER_LIMITS[option]?.value;
  const rows = [];
  for (const [name, { limits: own = {} }] of Object.entries(targets)) {
    const { limits, memberLimits } = scenario;
    const set = { ...(scenario.member && own), ...limits?.[name], ...memberLimits?.[name] };
    for (const [option, value] of Object.entries(set)) {
      rows.push({ target: name, option, value, byDefault: defaultOf(option) });
    }
  }
  return rows;
}

/**
 * Writes the limits of each target on a line.
 * @param {readonly SetLimit[]} limits
 */
export function describeLimits(limits) {
  const lines = new Map();
  for (const { target, option, value, byDefault } of limits) {
    const text = `${option} ${count(value)} (default ${count(byDefault)})`;
    lines.set(target, [...(lines.get(target) ?? []), text]);
  }
  return [...lines].map(([target, texts]) => `limits set for ${target}: ${texts.join(', ')}`);
}

const count = (value) => value?.toLocaleString('en') ?? 'unknown';
