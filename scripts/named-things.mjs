import { walk } from './parse-source.mjs';

/**
 * @typedef {import('./parse-source.mjs').ParsedSource} ParsedSource
 * @typedef {import('./parse-source.mjs').SyntaxNode} SyntaxNode
 * @typedef {{ name: string, line: number }} NamedThing
 */

const NAMESPACES = ['Date', 'Math', 'globalThis'];

/**
 * Lists the global names that a file mentions, types included. Of `Date` and `Math` the member is
 * told too (`Date.now`), `new Date()` without arguments is a name of its own, and
 * `globalThis.process` counts as `process`. A name that the file declares itself is not global.
 * @param {ParsedSource} source
 * @returns {NamedThing[]}
 */
export function globalNamesOf(source) {
  const declared = declaredNames(source);
  /** @type {NamedThing[]} */
  const found = [];
  walk(source.program, (node, parent, key) => {
    if (node.type !== 'Identifier' || isLabel(node, parent, key)) return;
    if (declared.has(node['name'])) return;
    found.push({ name: qualifiedName(node, parent, key), line: source.lineOf(node.start) });
  });
  return found;
}

/** @type {(node: SyntaxNode, parent: SyntaxNode | undefined, key: string) => string} */
function qualifiedName(node, parent, key) {
  const name = node['name'];
  if (parent?.type === 'NewExpression' && key === 'callee' && parent['arguments'].length === 0) {
    return `new ${name}()`;
  }
  if (!NAMESPACES.includes(name) || key !== 'object' || parent?.type !== 'MemberExpression') {
    return name;
  }
  const member = parent['property'].name ?? parent['property'].value;
  return name === 'globalThis' ? String(member) : `${name}.${member}`;
}

/**
 * Tells whether an identifier only labels a member, a key or the far end of an import.
 * @type {(node: SyntaxNode, parent: SyntaxNode | undefined, key: string) => boolean}
 */
function isLabel(node, parent, key) {
  if (!parent) return false;
  switch (key) {
    case 'property':
      return parent['computed'] !== true;
    case 'key':
      return parent['computed'] !== true && parent['value'] !== node;
    case 'imported':
    case 'exported':
    case 'label':
    case 'right':
      return key !== 'right' || parent.type === 'TSQualifiedName';
    case 'id':
      return parent.type === 'TSEnumMember';
    default:
      return false;
  }
}

/** @type {(source: ParsedSource) => Set<string>} */
function declaredNames(source) {
  /** @type {Set<string>} */
  const names = new Set();
  walk(source.program, (node, parent, key) => {
    if (node.type === 'ObjectPattern') {
      for (const property of node['properties']) {
        if (property.value?.type === 'Identifier') names.add(property.value.name);
      }
    }
    if (node.type === 'Identifier' && parent && isBinding(parent, key)) names.add(node['name']);
  });
  return names;
}

/** @type {(parent: SyntaxNode, key: string) => boolean} */
function isBinding(parent, key) {
  if (['id', 'local', 'params', 'param'].includes(key)) return true;
  if (parent.type === 'ArrayPattern') return key === 'elements';
  if (parent.type === 'RestElement') return key === 'argument';
  if (parent.type === 'TSParameterProperty') return key === 'parameter';
  return parent.type === 'AssignmentPattern' && key === 'left';
}
