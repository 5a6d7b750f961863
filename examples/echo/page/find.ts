/** Finds the one element that a selector names; throws when the page has no such element. */
export function find<Found extends Element>(selector: string, kind: new () => Found): Found {
  const element = document.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`the page has no "${selector}" that is a ${kind.name}`);
}
