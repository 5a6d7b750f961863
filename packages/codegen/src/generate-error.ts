/** What has to be mended: the config or options, or a contract. */
export type Fault = 'config' | 'contract';

/**
 * Thrown when nothing can be generated. It names all problems that were found at once, each with
 * its file; nothing was written.
 */
export class GenerateError extends Error {
  override readonly name = 'GenerateError';
  readonly fault: Fault;
  readonly problems: readonly string[];

  constructor(fault: Fault, problems: readonly string[]) {
    super(problems.join('\n'));
    this.fault = fault;
    this.problems = problems;
  }
}
