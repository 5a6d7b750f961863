import type { ClientCallDefinition } from '@trunkline/contract';
import type { Revision } from '@trunkline/protocol';
import { isTopicRoute, type Route, type Service } from './route.js';

/** Everything that a server offers, by name. Frozen when the server is made. */
export class Registry {
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #answers: readonly ClientCallDefinition[];
  readonly #revisions: ReadonlyMap<string, string>;

  constructor(services: readonly Service[]) {
    this.#routes = new Map(
      services.flatMap(({ routes }) => routes).map((route) => [route.name, route]),
    );
    this.#answers = services.flatMap(({ contract }) => Object.values(contract.client ?? {}));
    this.#revisions = new Map(services.map(({ contract }) => [contract.name, contract.revision]));
  }

  /** Finds a procedure or topic by its name on the wire. */
  find(name: string): Route | undefined {
    return this.#routes.get(name);
  }

  /** Gives this server's revisions of the contracts that a client names. */
  revisionsOf(asked: readonly Revision[]): Revision[] {
    return asked.flatMap(({ name }) => {
      const revision = this.#revisions.get(name);
      return revision === undefined ? [] : [{ name, revision }];
    });
  }

  /** The most bytes of an input, item or answer of any procedure, where `standard` holds for most. */
  largestInput(standard: number): number {
    let largest = standard;
    for (const route of this.#routes.values()) {
      const own = isTopicRoute(route) ? undefined : route.definition.maxInputBytes;
      largest = Math.max(largest, own ?? 0);
    }
    for (const { maxOutputBytes = 0 } of this.#answers) {
      largest = Math.max(largest, maxOutputBytes);
    }
    return largest;
  }

  routes(): Iterable<Route> {
    return this.#routes.values();
  }
}
