/**
 * @typedef {import('./parse-source.mjs').ParsedSource} ParsedSource
 * @typedef {import('./parse-source.mjs').SyntaxNode} SyntaxNode
 * @typedef {object} Declaration
 * @property {string} name
 * @property {'class' | 'const' | 'enum' | 'function' | 'type'} kind
 * @property {number} start where the statement with its decorators starts
 */

/** @type {Record<string, Declaration['kind']>} */
const KINDS = {
  ClassDeclaration: 'class',
  FunctionDeclaration: 'function',
  TSDeclareFunction: 'function',
  TSEnumDeclaration: 'enum',
  TSInterfaceDeclaration: 'type',
  TSTypeAliasDeclaration: 'type',
};

/**
 * Lists the declarations at the top of a file, exported or not; of overloads the first.
 * @param {ParsedSource} source
 * @returns {(Declaration & { exported: boolean })[]}
 */
export function declarationsOf(source) {
  const seen = new Set();
  return source.program['body'].flatMap((/** @type {SyntaxNode} */ statement) => {
    const exported = statement.type === 'ExportNamedDeclaration';
    const node = exported ? statement['declaration'] : statement;
    return namesOf(node)
      .filter(({ name }) => !seen.has(name) && seen.add(name))
      .map((found) => ({ ...found, exported, start: startOf(statement, node) }));
  });
}

/** @type {(node: SyntaxNode | null) => Pick<Declaration, 'name' | 'kind'>[]} */
function namesOf(node) {
  if (node?.type === 'VariableDeclaration') {
    return node['declarations']
      .filter((/** @type {SyntaxNode} */ one) => one['id'].type === 'Identifier')
      .map((/** @type {SyntaxNode} */ one) => ({ name: one['id'].name, kind: 'const' }));
  }
  const kind = node && KINDS[node.type];
  return kind ? [{ name: node['id'].name, kind }] : [];
}

/** @type {(statement: SyntaxNode, node: SyntaxNode) => number} */
function startOf(statement, node) {
  const decorators = /** @type {SyntaxNode[]} */ (node['decorators'] ?? []);
  return Math.min(statement.start, ...decorators.map((decorator) => decorator.start));
}

/**
 * Gives the text of the doc comment right before a declaration, without its stars.
 * @param {ParsedSource} source
 * @param {Declaration} declaration
 */
export function docOf(source, declaration) {
  const comment = source.comments.findLast((one) => one.end <= declaration.start);
  if (!comment?.value.startsWith('*') || comment.type !== 'Block') return undefined;
  if (source.text.slice(comment.end, declaration.start).trim() !== '') return undefined;
  return comment.value
    .split('\n')
    .map((line) => line.replace(/^\s*\*+ ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/**
 * Gives the first sentence of a doc comment on one line.
 * @param {string} doc
 */
export function firstSentence(doc) {
  const paragraph = doc.split(/\n\s*\n|\n@/)[0] ?? '';
  const line = paragraph.replace(/\s+/g, ' ').trim();
  return line.match(/^.*?[.!?](?=\s+[A-Z`"(]|$)/)?.[0] ?? line;
}
