/** Finds an element of index.html by its id. */
export function part<E extends HTMLElement>(id: string, kind: new () => E): E {
  const found = document.querySelector(`#${id}`);
  if (found instanceof kind) return found;
  throw new TypeError(`index.html has no ${kind.name} with the id "${id}"`);
}

/**
 * Makes an element for what somebody has written, in whatever direction that is: it must not turn
 * around what stands beside it.
 */
export function written<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  text: string,
): HTMLElementTagNameMap[Name] {
  const element = make(name, className, text);
  element.dir = 'auto';
  return element;
}

/** Makes an element. Whatever people wrote becomes text and never HTML. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className: string,
  ...content: readonly (string | Node)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.append(...content);
  return element;
}
