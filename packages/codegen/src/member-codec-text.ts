import type { ContractDescription } from '@trunkline/contract';
import type { LayoutDocument } from '@trunkline/protocol';
import { CheckSlots } from './codec/check-slots.js';
import { CodeFile } from './codec/code-file.js';
import { ReadCode } from './codec/read-code.js';
import { WriteCode } from './codec/write-code.js';
import type { ImportList } from './import-list.js';
import { partTypeName, type PartName } from './member-part.js';
import { isIdentifier, pascalCase } from './names.js';

type MemberLayouts = ContractDescription['layouts'][string];

type ClientCallLayouts = Extract<MemberLayouts, { kind: 'clientCall' }>;

/** Which of both ways the code of a position is for. */
export type Ways = 'write' | 'read' | 'both';

/** Writes the codecs of the members of a contract, as one of its peers needs them. */
export class MemberCodecText {
  readonly #file: CodeFile;
  readonly #read: ReadCode;
  readonly #write: WriteCode;

  /** Takes names that the file has for other things. */
  constructor(imports: ImportList, taken: Iterable<string> = []) {
    this.#file = new CodeFile(imports, taken);
    this.#read = new ReadCode(this.#file);
    this.#write = new WriteCode(this.#file);
  }

  /** The functions that the codecs are made of; known when all members are written. */
  get declarations(): string {
    return this.#file.text;
  }

  /** Writes the codec of a member for a client; `undefined` for a member without schemas. */
  client(member: string, layouts: MemberLayouts): string | undefined {
    const part = (name: PartName, ways: Ways, document: LayoutDocument | undefined) =>
      document && this.#part(document, ways, partTypeName(member, name));
    if (layouts.kind === 'topic') {
      const { send, receive, message, publish } = layouts;
      return objectText({
        receive: quoted(receive),
        message: part('message', 'read', message),
        send: publish && quoted(send),
        publish: part('publishInput', 'both', publish),
      });
    }
    if (layouts.kind === 'clientCall') return this.#served(member, layouts);
    const { send, receive, input, up, down, output, errors } = layouts;
    const parts = {
      input: part('input', 'both', input),
      up: part('up', 'both', up),
      down: part('down', 'read', down),
      output: part('output', 'read', output),
      errors: this.#errors(member, errors, 'read'),
    };
    if (Object.values(parts).every((text) => text === undefined)) return undefined;
    return objectText({ send: quoted(send), receive: quoted(receive), ...parts });
  }

  /** Writes the codec of a member for its server; `undefined` where there is nothing to write. */
  server(member: string, layouts: MemberLayouts): string | undefined {
    if (layouts.kind === 'clientCall') return this.#called(member, layouts);
    const { keys } = layouts;
    const part = (name: PartName, position: string, document: LayoutDocument | undefined) =>
      document && this.#checked(document, keys[position], partTypeName(member, name));
    const parts =
      layouts.kind === 'topic'
        ? {
            message: this.#given(layouts.message, keys['message'], partTypeName(member, 'message')),
            publish: part('publishInput', 'publish', layouts.publish),
          }
        : {
            input: part('input', 'input', layouts.input),
            up: part('up', 'up', layouts.up),
            down: this.#given(layouts.down, keys['down'], partTypeName(member, 'down')),
            output: this.#given(layouts.output, keys['output'], partTypeName(member, 'output')),
            errors: this.#errorsOf(layouts, (document, key, code) =>
              this.#given(document, key, errorName(member, code)),
            ),
          };
    return Object.values(parts).every((text) => text === undefined) ? undefined : objectText(parts);
  }

  /** The codec of a call for the client that answers it. */
  #served(member: string, layouts: ClientCallLayouts): string | undefined {
    const { send, receive, input, output, errors } = layouts;
    const parts = {
      input: input && this.#part(input, 'read', partTypeName(member, 'input')),
      output: output && this.#part(output, 'write', partTypeName(member, 'output')),
      errors: this.#errors(member, errors, 'write'),
    };
    if (Object.values(parts).every((text) => text === undefined)) return undefined;
    return objectText({ send: quoted(send), receive: quoted(receive), ...parts });
  }

  /** The codec of such a call for the server. */
  #called(member: string, layouts: ClientCallLayouts): string | undefined {
    const { input, output, keys } = layouts;
    const parts = {
      input: this.#given(input, keys['input'], partTypeName(member, 'input')),
      output: output && this.#checked(output, keys['output'], partTypeName(member, 'output')),
      errors: this.#errorsOf(layouts, (document, key, code) =>
        this.#checked(document, key, errorName(member, code)),
      ),
    };
    return Object.values(parts).every((text) => text === undefined) ? undefined : objectText(parts);
  }

  #errorsOf(
    { errors, keys }: Pick<ClientCallLayouts, 'errors' | 'keys'>,
    write: (document: LayoutDocument, key: string | undefined, code: string) => string | undefined,
  ): string | undefined {
    const entries = Object.entries(errors).flatMap(([code, document]) => {
      const text = write(document, keys[code], code);
      return text === undefined ? [] : [[code, text] as const];
    });
    return entries.length === 0 ? undefined : objectText(Object.fromEntries(entries));
  }

  /** What a server writes, with the checks of its schema. */
  #given(document: LayoutDocument | undefined, key = '', name: string): string | undefined {
    if (document === undefined || document.root.kind === 'bytes') return undefined;
    const slots = new CheckSlots(document, key.slice(key.indexOf(' ') + 1));
    const write = this.#write.function({ layout: document.root, document, name, slots });
    return objectText({ key: quoted(key), write });
  }

  /** What a server reads, with the checks of its schema. */
  #checked(document: LayoutDocument, key = '', name: string): string | undefined {
    if (document.root.kind === 'bytes') return undefined;
    const slots = new CheckSlots(document, key.slice(key.indexOf(' ') + 1));
    const read = this.#read.function({ layout: document.root, document, name, slots });
    return objectText({ key: quoted(key), read });
  }

  #errors(
    member: string,
    errors: Readonly<Record<string, LayoutDocument>>,
    ways: Ways,
  ): string | undefined {
    if (Object.keys(errors).length === 0) return undefined;
    const entries = Object.entries(errors).map(([code, document]) => {
      return [code, this.#part(document, ways, errorName(member, code))];
    });
    return objectText(Object.fromEntries(entries) as Record<string, string>);
  }

  #part(document: LayoutDocument, ways: Ways, name: string): string {
    const layout = document.root;
    if (layout.kind === 'bytes') return quoted('bytes');
    const place = { layout, document, name };
    return objectText({
      write: ways === 'read' ? undefined : this.#write.function(place),
      read: ways === 'write' ? undefined : this.#read.function(place),
    });
  }
}

function errorName(member: string, code: string): string {
  return `${pascalCase(member)}Error${pascalCase(code.toLowerCase().replaceAll('_', '.'))}`;
}

function objectText(parts: Readonly<Record<string, string | undefined>>): string {
  const entries = Object.entries(parts).filter(([, text]) => text !== undefined);
  const texts = entries.map(
    ([name, text]) => `${isIdentifier(name) ? name : quoted(name)}: ${text}`,
  );
  return `{ ${texts.join(', ')} }`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
