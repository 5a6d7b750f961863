import type {
  CallMessage,
  DecodeLimits,
  EndMessage,
  ErrorMessage,
  Executed,
  ItemMessage,
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

/** What a stream gives when it is asked. */
type Reply = ItemMessage | EndMessage | ErrorMessage;

/** Gives a stream's messages one by one, each when it is asked for: credit decides when. */
export interface StreamReplies {
  /** The next ITEM, or the final message. Not called again after a final one. */
  next(): Reply | Promise<Reply>;
  /** Ends the handler's generator; resolves when it has ended. Idempotent, never rejects. */
  stop(): Promise<void>;
}

/** What a dispatcher is made of. */
export interface DispatcherOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly report: ReportFailure;
  readonly pipelineOf: (route: CallRoute | StreamRoute) => Pipeline;
}

/** A call or stream on its way: what was asked for, of whom, and what the handler sees. */
export interface Request<R extends CallRoute | StreamRoute = CallRoute | StreamRoute> {
  readonly route: R;
  readonly call: CallMessage;
  readonly context: RequestContext;
  /** Whether the client takes a value that does not fit into one batch. */
  readonly takesChunks: boolean;
}

/** Bytes of a batch that are not payload, at most. */
const ENVELOPE = 512;

/** The most bytes that one payload can have while it travels in one batch. */
function maxPayloadBytes(limits: WireLimits): number {
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
  call(request: Request<CallRoute>): FinalMessage | Promise<FinalMessage> {
    const { route, call } = request;
    return this.#settled(request, () =>
      chain(this.#run(request), (value) =>
        chain(parseOutput(route.definition.output, value), (output) => ({
          kind: 'RESULT' as const,
          id: call.id,
          ...writeValue(output, this.#maxOutput(request)),
        })),
      ),
    );
  }

  /** Starts a stream. Never throws: a failure is the ERROR that `next` gives. */
  stream(request: Request<StreamRoute>): StreamReplies {
    return request.route.definition.down === undefined
      ? this.#uploadReplies(request)
      : this.#downReplies(request);
  }

  /** Refuses what was never started. */
  refuse(id: number, error: unknown): ErrorMessage {
    return this.#errorMessage(id, error, { route: undefined, executed: 'no' });
  }

  /** Answers for what broke on its way to an answer. */
  crashed(id: number, error: unknown): ErrorMessage {
    return this.#errorMessage(id, error, { route: undefined, executed: 'unknown' });
  }

  #settled<Final extends FinalMessage>(
    request: Request,
    run: () => Final | Promise<Final>,
  ): Final | ErrorMessage | Promise<Final | ErrorMessage> {
    try {
      const final = run();
      if (!isPromise(final)) return final;
      return Promise.resolve(final).catch((error: unknown) => this.#failed(request, error));
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  #failed({ route, call, context }: Request, error: unknown): ErrorMessage {
    // Whoever asked has been answered; what a handler throws for its signal is no fault of anybody.
    if (context.isAborted) return this.refuse(call.id, ENDED);
    // An interceptor may still hold the way to the handler, which must not start any more.
    context.isSettled = true;
    const mapped = this.#pipelineOf(route).mapError(error, asAnyContext(context)) ?? error;
    return this.#errorMessage(call.id, mapped, {
      route,
      executed: context.isStarted ? 'yes' : 'no',
    });
  }

  #errorMessage(
    id: number,
    error: unknown,
    about: { route: Request['route'] | undefined; executed: Executed },
  ): ErrorMessage {
    return toErrorMessage(id, error, { ...about, runtime: this.#runtime, report: this.#report });
  }

  /** Guards, then the input, then interceptors around the handler. */
  #run({ route, call, context }: Request): unknown {
    const pipeline = this.#pipelineOf(route);
    const seen = asAnyContext(context);
    // The payload is a view of the batch, so it is read before anything is waited for.
    const raw = readValue(call, this.#decodeLimits);
    return chain(pipeline.runGuards(seen), () =>
      chain(parseInput(route.definition.input, raw), (value) => {
        return pipeline.around(seen, () => {
          // The caller was told that it did not run, maybe while an interceptor waited.
          context.assertOpen();
          context.isStarted = true;
          return route.handler(value, asStreamContext(context));
        });
      }),
    );
  }

  #maxOutput({ route, takesChunks }: Request): number {
    const wanted = route.definition.maxOutputBytes ?? this.#limits.valueOutBytes;
    return takesChunks ? wanted : Math.min(wanted, maxPayloadBytes(this.#limits));
  }

  #end(request: Request<StreamRoute>, value: unknown): EndMessage | Promise<EndMessage> {
    const { route, call } = request;
    return chain(parseOutput(route.definition.output, value), (output) => ({
      kind: 'END' as const,
      id: call.id,
      ...writeValue(output, this.#maxOutput(request)),
    }));
  }

  #uploadReplies(request: Request<StreamRoute>): StreamReplies {
    const final = this.#settled(request, () =>
      chain(this.#run(request), (value) => this.#end(request, value)),
    );
    return { next: () => Promise.resolve(final), stop: () => Promise.resolve() };
  }

  #downReplies(request: Request<StreamRoute>): StreamReplies {
    const { route } = request;
    let iterator: ItemIterator | undefined;
    let isStopped = false;
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      isStopped = true;
      if (iterator !== undefined) stopping ??= this.#stopIterator(route, iterator);
      return stopping ?? Promise.resolve();
    };
    const started = this.#settled(request, () =>
      chain(this.#run(request), (items) => {
        iterator = iteratorOf(items, route.source);
        // It was stopped while the guards were still thinking.
        if (isStopped) void stop();
        return NO_FAILURE;
      }),
    );
    const next = async (): Promise<ItemMessage | EndMessage | ErrorMessage> => {
      const failure = await started;
      if (failure.kind === 'ERROR') return failure;
      try {
        return await this.#pull(request, iterator as ItemIterator);
      } catch (error) {
        await stop();
        return this.#failed(request, error);
      }
    };
    return { next, stop };
  }

  async #pull(
    request: Request<StreamRoute>,
    iterator: ItemIterator,
  ): Promise<ItemMessage | EndMessage> {
    const { route, call } = request;
    const result = await iterator.next();
    if (result.done === true) return this.#end(request, result.value);
    const item = await parseOutput(route.definition.down, result.value);
    return { kind: 'ITEM', id: call.id, ...writeValue(item, this.#maxOutput(request)) };
  }

  async #stopIterator(route: StreamRoute, iterator: ItemIterator): Promise<void> {
    try {
      await iterator.return?.();
    } catch (error) {
      this.#report({ error, where: route.name });
    }
  }
}

type ItemIterator = AsyncIterator<unknown> | Iterator<unknown>;

const ENDED = ownError('CANCELLED', 'ended before', { executed: 'no' });

/** Stands for a start that went well; it is never sent. */
const NO_FAILURE: EndMessage = { kind: 'END', id: 0, encoding: 0, bytes: new Uint8Array(0) };

function iteratorOf(items: unknown, source: string): ItemIterator {
  if (typeof items === 'object' && items !== null) {
    if (Symbol.asyncIterator in items)
      return (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in items) return (items as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new TypeError(`${source} must give an iterable of items, such as a generator`);
}
