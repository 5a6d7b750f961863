/**
 * One way to run a model: with these macros. A mutant names the property that it must break; one
 * that does not is a base variant, in which all properties hold.
 * @typedef {object} Variant
 * @property {string} model the name of its file in models/, without the end
 * @property {string} name
 * @property {readonly string[]} defines
 * @property {string} [breaks] an assertion of the model, or "stuck" for an invalid end state
 */

/** The macro that gives a model the formula by which each run settles all calls. */
export const FORMULA = 'SETTLES';

/** @type {(macros: string) => string[]} */
const words = (macros) => macros.split(' ').filter((word) => word !== '');

/**
 * Base variants of a model, each by its macros.
 * @param {string} model
 * @param {readonly string[]} variants
 * @returns {Variant[]}
 */
function bases(model, variants) {
  return variants.map((macros) => ({ model, name: macros || 'plain', defines: words(macros) }));
}

/**
 * Mutants of a model, with the macros that they have in common.
 * @param {string} model
 * @param {string} common
 * @param {Readonly<Record<string, string>>} broken properties by mutants
 * @returns {Variant[]}
 */
function mutants(model, common, broken) {
  return Object.entries(broken).map(([name, breaks]) => {
    return { model, name, defines: [...words(common), name], breaks };
  });
}

/** All variants of all models, in the order of the table. */
export const VARIANTS = [
  ...bases('resume', [
    'CONNECTIONS=3 VOIDS',
    'CONNECTIONS=3 VOIDS SETTLES',
    'CONNECTIONS=4',
    'CONNECTIONS=3 TAKES_DUPLICATES',
    'CONNECTIONS=3 COUNTED',
  ]),
  ...mutants('resume', 'CONNECTIONS=3', {
    NO_ATTACH_NUMBER: 'out_of_range',
    SERVER_TRIMS_ON_SEND: 'out_of_range',
    CLIENT_TRIMS_ON_SEND: 'out_of_range',
    ONE_DIRECTION: 'hole',
    ALL_NO: 'no_was_false',
    END_UNTOLD: 'stuck',
    NO_FENCE: 'out_of_range',
    NO_FENCE_NO_DUPLICATES: 'ran_twice',
    COUNTED_NO_FENCE: 'ran_twice',
    TELL_BEFORE_SEAL: 'ran_twice',
    TOMBSTONE_LOW: 'ran_twice',
    FORGOTTEN_IS_ZERO: 'ran_twice',
    UNKNOWN_GOES_AGAIN: 'ran_twice',
  }),
  ...mutants('resume', 'CONNECTIONS=3 VOIDS', {
    VOID_IGNORED: 'no_was_false',
    VOID_SKIPPED: 'hole',
    VOID_PROVES: 'no_was_false',
  }),
  ...bases('chunks', [
    'CONNECTIONS=3 AWAY_TOO',
    'CONNECTIONS=3 RESULTS',
    'CONNECTIONS=2 SETTLES',
    'CONNECTIONS=2 RESULTS SETTLES',
  ]),
  ...mutants('chunks', 'CONNECTIONS=2', {
    HALF_IS_WHOLE: 'not_whole',
    ASSEMBLY_LOST: 'no_transfer',
    STARTS_OVER: 'transfer_live',
    LAST_COUNTS: 'hole',
    ABORT_IGNORED: 'transfer_live',
    ABORT_TOO_LATE: 'no_was_false',
    ONE_TRANSFER: 'transfer_live',
  }),
  ...mutants('chunks', 'CONNECTIONS=2 AWAY_TOO', { VOID_FOR_LAST: 'transfer_live' }),
  ...mutants('chunks', 'CONNECTIONS=2 RESULTS', { RESULT_HALF: 'not_whole' }),
  ...bases('early', ['EACH=2', 'EACH=2 TWO_PRINCIPALS', 'EACH=3 ALONE', 'EACH=2 ALONE SETTLES']),
  ...mutants('early', 'EACH=2', {
    EARLY_PLAIN: 'ran_twice',
    EARLY_RUNS: 'ran_unauthenticated',
    KEY_FORGOTTEN: 'ran_twice',
    KEY_OF_SESSION: 'ran_twice',
    NO_WAITING: 'ran_twice',
    ONE_WAITER: 'stuck',
    ONE_SESSION: 'stuck',
    PLAIN_GOES_AGAIN: 'ran_twice',
    ALL_NO: 'no_was_false',
  }),
  ...mutants('early', 'EACH=2 TWO_PRINCIPALS', { KEY_WITHOUT_PRINCIPAL: 'mixed' }),
  ...bases('nodes', ['', 'TAKEOVER', 'SETTLES', 'TAKEOVER SETTLES']),
  ...mutants('nodes', '', { B_REBUILDS: 'ran_twice', COPIED_RX: 'no_was_false' }),
  ...mutants('nodes', 'TAKEOVER', { NO_SEAL: 'ran_twice' }),
];

/**
 * Finds the variants that a command line names: those of a model, or one of them. Throws a TypeError
 * that lists what there is.
 * @param {readonly string[]} names
 */
export function findVariants(names) {
  const [model, ...rest] = names;
  if (model === undefined) return VARIANTS;
  const models = [...new Set(VARIANTS.map((one) => one.model))];
  if (!models.includes(model)) {
    throw new TypeError(`unknown model "${model}": expected ${models.join(', ')}`);
  }
  const ofModel = VARIANTS.filter((one) => one.model === model);
  const name = rest.join(' ');
  const found = ofModel.filter((one) => name === '' || one.name === name);
  if (found.length > 0) return found;
  const allowed = ofModel.map((one) => one.name).join(', ');
  throw new TypeError(`unknown variant "${name}" of ${model}: expected ${allowed}`);
}
