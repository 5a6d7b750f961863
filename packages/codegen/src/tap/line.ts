import type { Paint } from '../paint.js';
import { printable } from '../printable.js';
import type { RecordKind, TapRecord } from './record.js';
import { valueJson, valueText, type ValueTextOptions } from './value-text.js';

/** Longest text of a value that is not shown in full. */
const SHORT = 240;

const KIND_WIDTH = 11;

const COLOURS: Partial<Record<RecordKind, Parameters<Paint>[1]>> = {
  CALL: 'cyan',
  RESULT: 'green',
  END: 'green',
  ITEM: 'green',
  MESSAGE: 'magenta',
  SUBSCRIBE: 'magenta',
  SUBSCRIBED: 'magenta',
  OPEN: 'bold',
  CLOSE: 'bold',
  WELCOME: 'blue',
  HELLO: 'blue',
  RESUME: 'blue',
  RESUMED: 'blue',
};

/** How records are written. */
export interface LineOptions extends ValueTextOptions {
  readonly paint: Paint;
}

/** Writes a record as one line for people. */
export function lineOf(record: TapRecord, options: LineOptions): string {
  const { kind, at, connection, direction, name, params, id, bytes, facts, isError } = record;
  const { paint } = options;
  const arrow = direction === undefined ? '·' : direction === 'up' ? '→' : '←';
  const colour = isError === true ? 'red' : (COLOURS[kind] ?? 'dim');
  const parts = [
    paint(clock(at), 'dim'),
    String(connection).padStart(2),
    paint(arrow, direction === 'up' ? 'cyan' : 'green'),
    paint(kind.padEnd(KIND_WIDTH), colour),
    name === undefined ? '' : paint(printable(name), 'bold'),
    params === undefined ? '' : printable(params),
    id === undefined ? '' : paint(`#${id}`, 'dim'),
    textOfValue(record, options),
    factsText(facts, paint, isError === true),
    bytes === undefined || bytes === 0 ? '' : paint(size(bytes), 'dim'),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** Writes a record as one line of JSON. */
export function jsonOf(record: TapRecord, options: ValueTextOptions): string {
  const { at, value, facts, isError, ...rest } = record;
  const shown = value && ('value' in value ? { value: valueJson(value.value, options) } : value);
  const line = { time: new Date(at).toISOString(), ...rest, ...shown, ...facts };
  return printable(JSON.stringify({ ...line, ...(isError === true && { error: true }) }));
}

function textOfValue({ value }: TapRecord, options: LineOptions): string {
  if (value === undefined) return '';
  if (!('value' in value)) return options.paint(printable(`(${value.fault})`), 'yellow');
  const text = printable(valueText(value.value, options));
  if (options.full || text.length <= SHORT) return text;
  return `${text.slice(0, SHORT)}…`;
}

function factsText(facts: TapRecord['facts'], paint: Paint, isError: boolean): string {
  return Object.entries(facts)
    .filter(([, fact]) => fact !== undefined)
    .map(([name, fact]) => {
      const text = printable(String(fact));
      const quoted = /^[^\s"'=]+$/.test(text) ? text : quote(text);
      return `${paint(`${name}=`, 'dim')}${isError ? paint(quoted, 'red') : quoted}`;
    })
    .join(' ');
}

function quote(text: string): string {
  if (!text.includes('"')) return `"${text}"`;
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}

/** The time of day where the person sits. */
function clock(at: number): string {
  const time = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}

/** Says a number of bytes in the unit that fits. */
export function size(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_048_576) return `${(bytes / 1_024).toFixed(1)} KiB`;
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
