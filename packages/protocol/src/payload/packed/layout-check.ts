import { UNSAFE_KEYS, type Layout, type LayoutDocument } from './layout.js';

/**
 * Throws a TypeError for a layout that no reader may follow. That is one that comes back to itself
 * without a container between, refers to what is not there, lets something be missing that is no
 * property, or names a key that reaches a prototype.
 */
export function assertReadable(document: LayoutDocument): void {
  const open = new Set<number>();
  const closed = new Set<number>();
  const follow = (layout: Layout): void => {
    if (layout.kind !== 'ref') return directParts(layout).forEach(follow);
    const { to } = layout;
    const type = document.types[to];
    if (type === undefined)
      throw new TypeError(`the layout refers to type ${to}, which is not there`);
    if (open.has(to)) throw new TypeError(`type ${to} of the layout is made of nothing but itself`);
    if (closed.has(to)) return;
    open.add(to);
    follow(type);
    open.delete(to);
    closed.add(to);
  };
  [document.root, ...document.types].forEach(refuseAbsent);
  for (const layout of everyLayout(document)) {
    follow(layout);
    if (layout.kind !== 'object')
      [...directParts(layout), ...containedParts(layout)].forEach(refuseAbsent);
    if (layout.kind !== 'object') continue;
    const bad = layout.properties.find(({ name }) => UNSAFE_KEYS.has(name));
    if (bad) throw new TypeError(`a property named "${bad.name}" cannot be carried; rename it`);
  }
}

function refuseAbsent(layout: Layout): void {
  if (layout.kind !== 'maybe' || !layout.absent) return;
  throw new TypeError('only a property of an object may be missing');
}

function* everyLayout(document: LayoutDocument): Generator<Layout> {
  const waiting: Layout[] = [document.root, ...document.types];
  for (let layout = waiting.pop(); layout !== undefined; layout = waiting.pop()) {
    yield layout;
    waiting.push(...directParts(layout), ...containedParts(layout));
  }
}

/** Parts that are read without going a level deeper. */
function directParts(layout: Layout): readonly Layout[] {
  switch (layout.kind) {
    case 'maybe':
      return [layout.of];
    case 'union':
    case 'variant':
      return layout.options.map(({ of }) => of);
    default:
      return [];
  }
}

function containedParts(layout: Layout): readonly Layout[] {
  switch (layout.kind) {
    case 'object':
      return layout.properties.map(({ of }) => of);
    case 'tuple':
      return layout.rest ? [...layout.items, layout.rest] : layout.items;
    case 'array':
    case 'record':
    case 'set':
      return [layout.of];
    case 'map':
      return [layout.key, layout.of];
    default:
      return [];
  }
}
