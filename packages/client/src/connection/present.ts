type Defined<Part> = { readonly [Name in keyof Part]: Exclude<Part[Name], undefined> };

/** Leaves out what is undefined. */
export function present<Part extends object>(part: Part): Partial<Defined<Part>> {
  const entries = Object.entries(part).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Defined<Part>>;
}
