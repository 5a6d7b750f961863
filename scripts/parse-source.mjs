import { readFileSync } from 'node:fs';
import { parseSync } from 'oxc-parser';

/**
 * @typedef {{ type: string, start: number, end: number, [key: string]: any }} SyntaxNode
 * @typedef {{ value: string, start: number, end: number, type: string }} SourceComment
 * @typedef {object} ParsedSource
 * @property {string} text
 * @property {SyntaxNode} program
 * @property {SourceComment[]} comments
 * @property {(offset: number) => number} lineOf counted from 1
 */

/** @type {Map<string, ParsedSource>} */
const parsed = new Map();

/**
 * Parses a TypeScript file, once per process.
 * @param {string} path
 * @returns {ParsedSource}
 */
export function parseSource(path) {
  const known = parsed.get(path);
  if (known) return known;
  const source = parseText(readFileSync(path, 'utf8'), path);
  parsed.set(path, source);
  return source;
}

/**
 * Parses TypeScript text. Throws with the place when it is not TypeScript.
 * @param {string} text
 * @param {string} path
 * @returns {ParsedSource}
 */
function parseText(text, path) {
  const { program, comments, errors } = parseSync(path, text, { lang: 'ts', astType: 'ts' });
  const fault = errors[0];
  if (fault) throw new Error(`${path}: cannot be parsed: ${fault.message}`);
  const lineOf = (/** @type {number} */ offset) => text.slice(0, offset).split('\n').length;
  return { text, program: /** @type {any} */ (program), comments, lineOf };
}

/**
 * Visits a node and all nodes below it, parents first.
 * @param {SyntaxNode} node
 * @param {(node: SyntaxNode, parent: SyntaxNode | undefined, key: string) => void} visit
 */
export function walk(node, visit) {
  /** @type {(node: SyntaxNode, parent: SyntaxNode | undefined, key: string) => void} */
  const step = (current, parent, key) => {
    visit(current, parent, key);
    for (const [childKey, child] of Object.entries(current)) {
      for (const item of Array.isArray(child) ? child : [child]) {
        if (item && typeof item === 'object' && typeof item.type === 'string') {
          step(item, current, childKey);
        }
      }
    }
  };
  step(node, undefined, '');
}

/**
 * Lists what a file imports or re-exports: static, dynamic and type imports alike.
 * @param {ParsedSource} source
 * @returns {{ specifier: string, line: number }[]}
 */
export function importsOf(source) {
  /** @type {{ specifier: string, line: number }[]} */
  const imports = [];
  walk(source.program, (node) => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) imports.push({ specifier, line: source.lineOf(node.start) });
  });
  return imports;
}

/** @type {(node: SyntaxNode) => string | undefined} */
function specifierOf(node) {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return literalText(node['source']);
    case 'TSExternalModuleReference':
      return literalText(node['expression']);
    default:
      return undefined;
  }
}

/** @type {(node: SyntaxNode | null | undefined) => string | undefined} */
function literalText(node) {
  return node?.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : undefined;
}
