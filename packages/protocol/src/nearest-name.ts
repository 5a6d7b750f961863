const ENOUGH = 0.7;

/** Finds the name that was probably meant, by the pairs of letters that both have. */
export function nearestName(given: string, names: Iterable<string>): string | undefined {
  const wanted = pairsOf(given);
  let [nearest, most]: [string | undefined, number] = [undefined, ENOUGH];
  for (const name of names) {
    const own = pairsOf(name);
    const shared = [...wanted].filter((pair) => own.has(pair)).length;
    const likeness = (2 * shared) / (wanted.size + own.size);
    if (likeness > most) [nearest, most] = [name, likeness];
  }
  return nearest;
}

/** Says what to write instead of an unknown name: the nearest one, or any of them all. */
export function nameHint(given: string, names: readonly string[]): string {
  const nearest = nearestName(given, names);
  // A hundred names say nothing to who has one of them nearly right.
  return nearest === undefined ? `expected ${names.join(', ')}` : `did you mean "${nearest}"?`;
}

function pairsOf(name: string): Set<string> {
  const letters = name.toLowerCase();
  return new Set(Array.from(letters.slice(1), (letter, index) => `${letters[index]}${letter}`));
}
