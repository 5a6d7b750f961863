import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from './prometheus.js';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const FILE = new URL('../grafana/trunkline.json', import.meta.url);
const dashboard = JSON.parse(readFileSync(FILE, 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query: unknown }[] };
};

const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const texts = [...expressions, JSON.stringify(dashboard.templating)];
const SERIES: Record<string, readonly string[]> = { histogram: ['_bucket', '_sum', '_count'] };

/** The series of each metric, with its labels. */
const series = new Map(
  Object.entries(METRICS).flatMap(([name, { type, labels }]) =>
    (SERIES[type] ?? ['']).map((end) => [`${name}${end}`, [...labels, 'le']] as const),
  ),
);

describe('the Grafana dashboard', () => {
  it('names only series that exist', () => {
    const named = texts.flatMap((text) => text.match(/trunkline_\w+/g) ?? []);
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter((name) => !series.has(name))).toEqual([]);
  });

  it('groups only by labels that the series have', () => {
    for (const expression of expressions) {
      const names = expression.match(/trunkline_\w+/g) ?? [];
      const known = new Set([
        'instance',
        'job',
        ...names.flatMap((name) => series.get(name) ?? []),
      ]);
      for (const [, labels = ''] of expression.matchAll(/by \(([^)]*)\)/g)) {
        for (const label of labels.split(', ')) expect([...known]).toContain(label);
      }
      for (const [, label] of expression.matchAll(/[{,](\w+)=~/g))
        expect([...known]).toContain(label);
    }
  });

  it('shows every metric', () => {
    const shown = (name: string): boolean =>
      expressions.some((text) => new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`).test(text));
    expect(Object.keys(METRICS).filter((name) => !shown(name))).toEqual([]);
  });

  it('has no two panels in the same place, and closes every bracket', () => {
    const places = dashboard.panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(places.length);
    for (const { gridPos } of dashboard.panels)
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (const text of expressions) {
      for (const [open, close] of ['()', '{}', '[]']) {
        expect(text.split(open as string).length).toBe(text.split(close as string).length);
      }
    }
  });
});
