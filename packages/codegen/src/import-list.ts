/** Names that a generated file imports from a package; an own name of the file is kept from them. */
export class ImportList {
  readonly #from: string;
  readonly #own: ReadonlySet<string>;
  readonly #used = new Map<string, string>();

  constructor(from: string, own: ReadonlySet<string>) {
    this.#from = from;
    this.#own = own;
  }

  /** Imports a type and gives the name that it has in the file. */
  type(name: string): string {
    return this.#use(name, 'type ');
  }

  /** Imports a value and gives the name that it has in the file. */
  value(name: string): string {
    return this.#use(name, '');
  }

  /** Writes the import. */
  get text(): string {
    const entries = [...this.#used].sort(([a], [b]) =>
      a.toLowerCase() < b.toLowerCase() ? -1 : 1,
    );
    const isTypes = entries.every(([, word]) => word !== '');
    const names = entries.map(([name, word]) => {
      const local = this.#local(name);
      return `${isTypes ? '' : word}${name}${local === name ? '' : ` as ${local}`}`;
    });
    return `import ${isTypes ? 'type ' : ''}{ ${names.join(', ')} } from '${this.#from}';\n`;
  }

  #use(name: string, word: string): string {
    this.#used.set(name, word);
    return this.#local(name);
  }

  #local(name: string): string {
    let local = name;
    while (this.#own.has(local)) local = `Trunkline${local}`;
    return local;
  }
}
