import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Names the fault to the configuration of a suite in a process of its own. */
export const FAULT_VARIABLE = 'TRUNKLINE_PLANTED_FAULT';

/** One place of product code that is broken on purpose. */
export interface PlantedFault {
  /** Says what is wrong with the code then. */
  readonly name: string;
  /** The source file, from the root of the repository. */
  readonly file: string;
  /** A text that is in it exactly once. */
  readonly find: string;
  /** What stands there instead. */
  readonly replace: string;
}

/** Gives the source with the fault in it. Throws unless the snippet is there exactly once. */
export function plant({ name, file, find, replace }: PlantedFault, source: string): string {
  const parts = source.split(find);
  if (parts.length === 2) return parts.join(replace);
  const times = parts.length - 1;
  throw new Error(`the fault "${name}" needs once in ${file}, but ${times} times there: ${find}`);
}
