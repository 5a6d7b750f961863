/** One thing that is wrong with a contract: where, and what with its mend. */
export interface ContractProblem {
  /** Where, from the contract's name down: `chat.post.input.sentAt`. */
  readonly path: string;
  /** What is wrong and how to mend it. */
  readonly message: string;
}

/**
 * Thrown when a contract is built and cannot be kept. It names all problems of the contract at
 * once; `path` is that of the first.
 */
export class ContractError extends TypeError {
  override readonly name = 'ContractError';
  readonly path: string;
  readonly problems: readonly ContractProblem[];

  constructor(contractName: string, problems: readonly ContractProblem[]) {
    const lines = problems.map(({ path, message }) => `${path}: ${message}`);
    super(
      lines.length === 1
        ? lines.join()
        : `contract "${contractName}" has ${lines.length} problems:\n  ${lines.join('\n  ')}`,
    );
    this.path = problems[0]?.path ?? contractName;
    this.problems = problems;
  }
}
