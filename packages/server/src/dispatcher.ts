import type {
  DecodeLimits,
  EndMessage,
  ErrorMessage,
  ItemMessage,
  Payload,
  ResultMessage,
  Runtime,
  WireLimits,
} from '@trunkline/protocol';
import { chain, isPromise } from './chain.js';
import { ownError, toErrorMessage, type ReportFailure } from './failure.js';
import type { ServerLimits } from './limits.js';
import type { Pipeline } from './pipeline.js';
import { asAnyContext, asStreamContext, type RequestContext } from './request-context.js';
import type { CallRoute, StreamRoute } from './route.js';
import { parseInput, parseOutput, readValue, writeValue } from './values.js';

/** What may end a call. */
export type FinalMessage = ResultMessage | EndMessage | ErrorMessage;

/** Gives a stream's messages one by one, each when it is asked for: credit decides when. */
export interface StreamReplies {
  /** The next ITEM, or the final message. Not called again after a final one. */
  next(): Promise<ItemMessage | EndMessage | ErrorMessage>;
  /** Ends the handler's generator. Idempotent, never throws. */
  stop(): void;
}

export interface DispatcherOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly report: ReportFailure;
  readonly pipelineOf: (route: CallRoute | StreamRoute) => Pipeline;
}

/** Bytes of a batch that are not payload, at most. */
const ENVELOPE = 512;

/** The most bytes that one payload can have while it travels in one batch. */
export function maxPayloadBytes(limits: WireLimits): number {
  return limits.batchBytes - ENVELOPE;
}

/** Runs procedures: guards, input, handler, output. What it gives back is what the client gets. */
export class Dispatcher {
  readonly #runtime: Runtime;
  readonly #limits: ServerLimits;
  readonly #decodeLimits: DecodeLimits;
  readonly #report: ReportFailure;
  readonly #pipelineOf: DispatcherOptions['pipelineOf'];

  constructor(options: DispatcherOptions) {
    this.#runtime = options.runtime;
    this.#limits = options.limits;
    this.#decodeLimits = options.limits;
    this.#report = options.report;
    this.#pipelineOf = options.pipelineOf;
  }

  /** Runs a call. Never throws; synchronous when everything in its way is. */
  call(
    route: CallRoute,
    id: number,
    input: Payload,
    context: RequestContext,
  ): FinalMessage | Promise<FinalMessage> {
    return this.#settled(route, id, context, () =>
      chain(this.#run(route, input, context), (value) =>
        chain(parseOutput(route.definition.output, value), (output) => ({
          kind: 'RESULT' as const,
          id,
          ...writeValue(output, this.#maxOutput(route)),
        })),
      ),
    );
  }

  /** Starts a stream. Rejects never: a failure is the ERROR that `next` gives. */
  stream(route: StreamRoute, id: number, input: Payload, context: RequestContext): StreamReplies {
    return route.definition.down === undefined
      ? this.#uploadReplies(route, id, input, context)
      : this.#downReplies(route, id, input, context);
  }

  /** Refuses what was never started. */
  refuse(id: number, error: unknown): ErrorMessage {
    return this.#errorMessage(undefined, id, error, 'no');
  }

  #settled<Final extends FinalMessage>(
    route: CallRoute | StreamRoute,
    id: number,
    context: RequestContext,
    run: () => Final | Promise<Final>,
  ): Final | ErrorMessage | Promise<Final | ErrorMessage> {
    try {
      const final = run();
      if (!isPromise(final)) return final;
      return Promise.resolve(final).catch((error: unknown) =>
        this.#failed(route, id, context, error),
      );
    } catch (error) {
      return this.#failed(route, id, context, error);
    }
  }

  #failed(
    route: CallRoute | StreamRoute,
    id: number,
    context: RequestContext,
    error: unknown,
  ): ErrorMessage {
    // Whoever asked has been answered; what a handler throws for its signal is no fault of anybody.
    if (context.isAborted) return this.refuse(id, ENDED);
    const mapped = this.#pipelineOf(route).mapError(error, asAnyContext(context)) ?? error;
    return this.#errorMessage(route, id, mapped, context.isStarted ? 'yes' : 'no');
  }

  #errorMessage(
    route: CallRoute | StreamRoute | undefined,
    id: number,
    error: unknown,
    executed: 'yes' | 'no',
  ): ErrorMessage {
    return toErrorMessage(id, error, {
      route,
      runtime: this.#runtime,
      report: this.#report,
      executed,
    });
  }

  /** Guards, then the input, then interceptors around the handler. */
  #run(route: CallRoute | StreamRoute, input: Payload, context: RequestContext): unknown {
    const pipeline = this.#pipelineOf(route);
    const seen = asAnyContext(context);
    // The payload is a view of the batch, so it is read before anything is waited for.
    const raw = readValue(input, this.#decodeLimits);
    return chain(pipeline.runGuards(seen), () =>
      chain(parseInput(route.definition.input, raw), (value) => {
        if (context.isAborted)
          throw ownError('CANCELLED', 'ended before it started', { executed: 'no' });
        return pipeline.around(seen, () => {
          context.isStarted = true;
          return route.handler(value, asStreamContext(context));
        });
      }),
    );
  }

  #maxOutput(route: CallRoute | StreamRoute): number {
    const wanted = route.definition.maxOutputBytes ?? this.#limits.valueOutBytes;
    return Math.min(wanted, maxPayloadBytes(this.#limits));
  }

  #end(route: StreamRoute, id: number, value: unknown): EndMessage | Promise<EndMessage> {
    return chain(parseOutput(route.definition.output, value), (output) => ({
      kind: 'END' as const,
      id,
      ...writeValue(output, this.#maxOutput(route)),
    }));
  }

  #uploadReplies(
    route: StreamRoute,
    id: number,
    input: Payload,
    context: RequestContext,
  ): StreamReplies {
    const final = this.#settled(route, id, context, () =>
      chain(this.#run(route, input, context), (value) => this.#end(route, id, value)),
    );
    return { next: () => Promise.resolve(final), stop: () => undefined };
  }

  #downReplies(
    route: StreamRoute,
    id: number,
    input: Payload,
    context: RequestContext,
  ): StreamReplies {
    let iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined;
    let isStopped = false;
    const stop = (): void => {
      isStopped = true;
      if (iterator !== undefined) this.#stopIterator(route, iterator);
    };
    const started = this.#settled(route, id, context, () =>
      chain(this.#run(route, input, context), (items) => {
        iterator = iteratorOf(items, route.source);
        // It was stopped while the guards were still thinking.
        if (isStopped) stop();
        return NO_FAILURE;
      }),
    );
    const pull = async (): Promise<ItemMessage | EndMessage> => {
      const result = await (iterator as AsyncIterator<unknown>).next();
      if (result.done === true) return this.#end(route, id, result.value);
      const item = await parseOutput(route.definition.down, result.value);
      return { kind: 'ITEM', id, ...writeValue(item, this.#maxOutput(route)) };
    };
    const next = async (): Promise<ItemMessage | EndMessage | ErrorMessage> => {
      const failure = await started;
      if (failure.kind === 'ERROR') return failure;
      try {
        return await pull();
      } catch (error) {
        stop();
        return this.#failed(route, id, context, error);
      }
    };
    return { next, stop };
  }

  #stopIterator(route: StreamRoute, iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
    const fail = (error: unknown): void => this.#report({ error, where: route.name });
    try {
      Promise.resolve(iterator.return?.()).catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

const ENDED = ownError('CANCELLED', 'ended before', { executed: 'unknown' });

/** Stands for a start that went well; it is never sent. */
const NO_FAILURE: EndMessage = { kind: 'END', id: 0, encoding: 0, bytes: new Uint8Array(0) };

function iteratorOf(items: unknown, source: string): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof items === 'object' && items !== null) {
    if (Symbol.asyncIterator in items)
      return (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in items) return (items as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new TypeError(`${source} must give an iterable of items, such as a generator`);
}
