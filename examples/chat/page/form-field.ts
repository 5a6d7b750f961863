import type { InvalidInput } from '@trunkline/client';
import { part } from './parts.js';

/** A field of a form, and what is wrong with it. */
export class FormField {
  readonly input: HTMLInputElement | HTMLTextAreaElement;
  readonly #problem: HTMLElement;

  /** What is wrong is said by the element that stands first in the field's `aria-describedby`. */
  constructor(input: HTMLInputElement | HTMLTextAreaElement) {
    this.input = input;
    const [problemId = ''] = (input.getAttribute('aria-describedby') ?? '').split(' ');
    this.#problem = part(problemId, HTMLElement);
  }

  /** Says what is wrong with it; nothing, if the text is empty. */
  show(problem: string): void {
    this.#problem.textContent = problem;
    if (problem === '') this.input.removeAttribute('aria-invalid');
    else this.input.setAttribute('aria-invalid', 'true');
  }
}

/** Finds what the server's schema says against one field; the server is the only one to judge. */
export function issueAt(field: string, invalid: InvalidInput | undefined): string | undefined {
  return invalid?.issues.find(({ path }) => path[0] === field)?.message;
}
