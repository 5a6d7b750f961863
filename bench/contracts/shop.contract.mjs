import { call, contract } from '@trunkline/contract';
import { Bytes, Text, TextInput } from '../schemas/bulk.mjs';
import { Order } from '../schemas/order.mjs';
import { Table, TableInput } from '../schemas/table.mjs';
import { TEXT_OUTPUT_BYTES } from './text-output-bytes.mjs';

/** The calls with larger values. */
export const shop = contract('shop', {
  place: call({ input: Order, output: Order }),
  rows: call({ input: TableInput, output: Table }),
  echo: call({ input: Bytes, output: Bytes }),
  text: call({ input: TextInput, output: Text, maxOutputBytes: TEXT_OUTPUT_BYTES }),
});
