import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Tells whether a script was started by itself rather than imported.
 * @param {string} url
 */
export function isMain(url) {
  return process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(url);
}

/**
 * Prints what a check found, one fault per line, and sets the exit code.
 * @param {string} title
 * @param {readonly string[]} faults
 */
export function report(title, faults) {
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) {
    console.error(`${title}: ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`);
    process.exitCode = 1;
  } else {
    console.log(`${title}: ok`);
  }
}
