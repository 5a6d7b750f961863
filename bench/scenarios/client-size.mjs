import { measureClientSize } from '../harness/measure-client-size.mjs';

/** @type {import('../harness/catalog.mjs').Scenario} */
export const scenario = {
  title: 'what a page with one call, one stream and one topic loads, minified and gzipped',
  row: 'client, first load',
  rounds: 1,
  unit: 'page',
  columns: [
    ['firstBytes', 'bytes at first'],
    ['laterBytes', 'bytes when needed'],
  ],
  marks: [{ of: 'firstBytes', atMost: 8192 }],
  measure: measureClientSize,
};
