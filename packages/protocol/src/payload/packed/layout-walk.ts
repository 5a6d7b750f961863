import type { Layout, LayoutDocument } from './layout.js';

/**
 * Goes through all parts of a layout: the root with what is inside, then the types. Generated code
 * numbers the checks of parts in this order.
 */
export function* walkLayout({ root, types }: LayoutDocument): Generator<Layout> {
  for (const layout of [root, ...types]) yield* walkPart(layout);
}

function* walkPart(layout: Layout): Generator<Layout> {
  yield layout;
  for (const part of partsOf(layout)) yield* walkPart(part);
}

function partsOf(layout: Layout): readonly Layout[] {
  switch (layout.kind) {
    case 'object':
      return layout.properties.map(({ of }) => of);
    case 'tuple':
      return layout.rest ? [...layout.items, layout.rest] : layout.items;
    case 'union':
    case 'variant':
      return layout.options.map(({ of }) => of);
    case 'map':
      return [layout.key, layout.of];
    case 'maybe':
    case 'array':
    case 'record':
    case 'set':
      return [layout.of];
    default:
      return [];
  }
}
