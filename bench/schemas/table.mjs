import * as z from 'zod';

const ROWS = 1000;

/** What a table is asked for. */
export const TableInput = z.object({ from: z.int().min(0) });

/** A table of the shop, by rows. */
export const Table = z.array(
  z.object({
    id: z.int(),
    sku: z.string(),
    title: z.string(),
    price: z.number(),
    qty: z.int(),
    active: z.boolean(),
    state: z.enum(['new', 'used', 'mended']),
    changedAt: z.int(),
  }),
);

/** The table that is returned: 1,000 rows by 8 columns. */
export const rows = Array.from({ length: ROWS }, (_, index) => ({
  id: index,
  sku: `SKU-${100_000 + index}`,
  title: `Thing number ${index} of the shop`,
  price: index + 0.25,
  qty: index % 50,
  active: index % 3 === 0,
  state: ['new', 'used', 'mended'][index % 3],
  changedAt: 1_770_000_000_000 + index,
}));

/** Tells whether it is the table that was returned, value by value. */
export const isTable = (output) => output.length === ROWS && output.every(isRow);

const isRow = (row, index) =>
  row.id === index &&
  row.sku === rows[index].sku &&
  row.title === rows[index].title &&
  row.price === rows[index].price &&
  row.qty === rows[index].qty &&
  row.active === rows[index].active &&
  row.state === rows[index].state &&
  row.changedAt === rows[index].changedAt;
