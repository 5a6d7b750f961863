/**
 * Chooses the seed of a randomised test: that of the environment, or a new one. It is printed, so
 * that a failure can be repeated with `TRUNKLINE_SEED`.
 */
export function chooseSeed(test: string): number {
  const given = process.env['TRUNKLINE_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  if (!Number.isSafeInteger(seed)) throw new TypeError(`TRUNKLINE_SEED is no number: "${given}"`);
  console.log(`${test}: TRUNKLINE_SEED=${seed}`);
  return seed;
}
