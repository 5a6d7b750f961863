import { readFileSync } from 'node:fs';
import type { LayoutDocument } from '@trunkline/protocol';
import type { Notation } from './value-notation.js';

/** A packed value as it stands in `packed.json`. */
export interface PackedVector {
  readonly name: string;
  readonly layout: LayoutDocument;
  readonly value: Notation;
  readonly hex: string;
  /** Whether the value is written so; else it is only read. */
  readonly written: boolean;
}

/** Bytes that no reader takes. */
export interface PackedFault {
  readonly name: string;
  readonly layout: LayoutDocument;
  readonly hex: string;
  readonly fault: true;
  /** First column of the table of faults in PROTOCOL.md. */
  readonly rule: string;
}

/** A value that no writer takes. */
export interface UnpackedValue {
  readonly name: string;
  readonly layout: LayoutDocument;
  readonly value: Notation;
  readonly refused: true;
}

/** Layouts of one direction with their hash, as they stand in `layouts.json`. */
export interface LayoutVector {
  readonly name: string;
  readonly parts: readonly (LayoutDocument | { readonly [code: string]: unknown } | null)[];
  readonly canonical: string;
  readonly hash: string;
}

/** Reads the vectors of packed values: well-formed, malformed, and values without a packed form. */
export function readPackedVectors(): {
  readonly values: readonly PackedVector[];
  readonly faults: readonly PackedFault[];
  readonly refused: readonly UnpackedValue[];
} {
  const all = read('packed.json') as (PackedVector | PackedFault | UnpackedValue)[];
  return {
    values: all.filter((vector) => 'written' in vector),
    faults: all.filter((vector) => 'fault' in vector),
    refused: all.filter((vector) => 'refused' in vector),
  };
}

/** Reads the vectors of layout hashes. */
export function readLayoutVectors(): readonly LayoutVector[] {
  return read('layouts.json') as LayoutVector[];
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
}
