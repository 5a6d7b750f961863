/**
 * A combination that is tried: what is installed beside the packages.
 * @typedef {{ readonly typescript: string, readonly zod: string }} Combination
 */

/** The newest version of each major version of the compiler that is tried. */
export const TYPESCRIPT = ['5.9.3', '6.0.3', '7.0.2'];

/** The oldest version of zod that the peer range takes, and the one that everything else is run with. */
export const ZOD = ['4.5.0', '4.6.7'];

/**
 * Every compiler with the newest zod, and the newest compiler with every zod.
 * @returns {Combination[]}
 */
export function listCombinations() {
  const [typescript, zod] = [TYPESCRIPT.at(-1) ?? '', ZOD.at(-1) ?? ''];
  return [
    ...TYPESCRIPT.map((one) => ({ typescript: one, zod })),
    ...ZOD.slice(0, -1).map((one) => ({ typescript, zod: one })),
  ];
}
