import * as z from 'zod';

/** An order of a shop. */
export const Order = z.object({
  id: z.uuid(),
  version: z.int().min(0),
  status: z.enum(['draft', 'placed', 'paid', 'shipped', 'closed']),
  channel: z.enum(['web', 'app', 'store', 'phone']),
  placedAt: z.iso.datetime(),
  customer: z.object({
    id: z.int().positive(),
    name: z.string().min(1).max(200),
    email: z.email(),
    vip: z.boolean(),
    tags: z.array(z.string()).max(20),
  }),
  shipping: z.object({
    street: z.string(),
    extra: z.string().nullable(),
    city: z.string(),
    zip: z.string(),
    country: z.string().length(2),
  }),
  items: z
    .array(
      z.object({
        sku: z.string(),
        title: z.string(),
        qty: z.int().min(1),
        price: z.number().min(0),
        options: z.object({ color: z.string(), size: z.string() }),
      }),
    )
    .max(100),
  total: z.number().min(0),
  note: z.string().optional(),
});

const TITLES = ['Linen shirt', 'Wool socks', 'Rain jacket', 'Leather belt', 'Canvas bag'];

/** The order that is sent: five items, about 1 KB as JSON. */
export const order = {
  id: '3f2b8c1e-7a4d-4e6b-9c0f-1d2e3a4b5c6d',
  version: 7,
  status: 'paid',
  channel: 'web',
  placedAt: '2026-03-14T09:26:53.589Z',
  customer: {
    id: 81_734,
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    vip: true,
    tags: ['early', 'wholesale', 'newsletter'],
  },
  shipping: {
    street: '12 St James Square',
    extra: null,
    city: 'London',
    zip: 'SW1Y 4JH',
    country: 'GB',
  },
  items: TITLES.map((title, index) => ({
    sku: `SKU-${10_417 + index}`,
    title,
    qty: index + 1,
    price: 19.9 + index,
    options: { color: 'dark blue', size: 'M' },
  })),
  total: 348.5,
  note: 'Please ring twice and leave it with the neighbour on the left.',
};

/** Tells whether it is the order that was sent, value by value. */
export const isOrder = (output) => isSame(output, order);

function isSame(value, expected) {
  if (typeof expected !== 'object' || expected === null) return value === expected;
  const names = Object.keys(expected);
  if (typeof value !== 'object' || value === null) return false;
  if (Object.keys(value).length !== names.length) return false;
  return names.every((name) => isSame(value[name], expected[name]));
}
