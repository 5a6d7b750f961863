/**
 * Writes a schema as text, such as `{ name: string 1..100, n: int }`.
 * @param {import('zod').ZodType} schema
 * @returns {string}
 */
function describeSchema(schema) {
  const { def } = schema._zod;
  switch (def.type) {
    case 'object': {
      const fields = Object.entries(def.shape).map(([name, field]) => {
        const isOptional = field._zod.def.type === 'optional';
        const inner = isOptional ? field._zod.def.innerType : field;
        return `${name}${isOptional ? '?' : ''}: ${describeSchema(inner)}`;
      });
      return `{ ${fields.join(', ')} }`;
    }
    case 'array':
      return `${describeSchema(def.element)}[]${rangeOf(schema)}`;
    case 'nullable':
      return `${describeSchema(def.innerType)} | null`;
    case 'enum':
      return Object.keys(def.entries).join(' | ');
    case 'string':
      return `${schema.format ?? 'string'}${rangeOf(schema)}`;
    case 'number':
      return `${/int/.test(schema.format ?? '') ? 'int' : 'number'}${rangeOf(schema)}`;
    case 'custom':
      return 'Uint8Array';
    default:
      return def.type;
  }
}

/**
 * Writes the schemas of what a scenario measures.
 * @param {import('./catalog.mjs').Member} member
 */
export function describeMember({ kind, name, input, output, item, message }) {
  const of = (schema) => describeSchema(schema);
  if (kind === 'topic') return `topic ${name}: ${of(message)}`;
  if (kind === 'stream') return `stream ${name}: ${of(input)} -> ${of(item)} ...`;
  return `call ${name}: ${of(input)} -> ${output === input ? 'the same' : of(output)}`;
}

/** What the checks of a schema allow: ` 1..100`, ` of 2`, ` > 0`; empty without a bound. */
function rangeOf(schema) {
  let low = '';
  let high = '';
  for (const check of schema._zod.def.checks ?? []) {
    const { check: kind, minimum, maximum, length, value, inclusive } = check._zod.def;
    if (kind === 'length_equals') return ` of ${length}`;
    if (kind === 'greater_than' && !inclusive) return ` > ${value}`;
    if (kind === 'min_length') low = minimum;
    if (kind === 'max_length') high = maximum;
    if (kind === 'greater_than') low = value;
    if (kind === 'less_than') high = value;
  }
  return low === '' && high === '' ? '' : ` ${low}..${high}`;
}
