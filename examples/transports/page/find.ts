/** Finds the one element that a selector names; throws when there is no such element. */
export function find<Found extends Element>(
  selector: string,
  kind: new () => Found,
  within: ParentNode = document,
): Found {
  const element = within.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`the page has no "${selector}" that is a ${kind.name}`);
}
