import type {
  CallMessage,
  Cursor,
  DecodeLimits,
  EndMessage,
  ErrorMessage,
  Executed,
  ItemMessage,
  Payload,
  Runtime,
  WireLimits,
} from '@trunkline/protocol';
import type { BoundProcedure } from '../routes/bound-procedure.js';
import { chain, isPromise } from '../chain.js';
import { ownError, toErrorMessage, type ReportFailure } from '../failure.js';
import type { FinalMessage } from '../final-message.js';
import type { IdempotencyTable } from '../idempotency/idempotency-table.js';
import { outcomeFor } from '../idempotency/outcome-form.js';
import { digestOf } from '../idempotency/value-digest.js';
import type { ServerLimits } from '../limits/limits.js';
import type { Pipeline } from '../guards/pipeline.js';
import { asAnyContext, asStreamContext, type RequestContext } from '../request-context.js';
import { isCallRoute, type CallRoute, type StreamRoute } from '../routes/route.js';
import { ItemReplies, type StreamReplies } from './stream-replies.js';
import type { SnapshotPlaces } from '../topics/snapshot-places.js';
import { bounded, parseInput, readInput, readStructure, writeOutput } from '../values.js';

/** What a dispatcher is made of. */
export interface DispatcherOptions {
  readonly runtime: Runtime;
  readonly limits: ServerLimits;
  readonly report: ReportFailure;
  readonly pipelineOf: (route: CallRoute | StreamRoute) => Pipeline;
  /** What all sessions remember of calls with an idempotency key. */
  readonly idempotency: IdempotencyTable;
  readonly snapshots: Pick<SnapshotPlaces, 'read'>;
}

/** A call or stream on its way: what was asked for, of whom, and what the handler sees. */
export interface Request<R extends CallRoute | StreamRoute = CallRoute | StreamRoute> {
  readonly route: R;
  readonly bound: BoundProcedure;
  readonly call: CallMessage;
  readonly context: RequestContext;
  /** Whether the client takes a value that does not fit into one batch. */
  readonly takesChunks: boolean;
  /** Where the topic was before the handler began that gives its snapshot. */
  asOf?: Cursor;
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
  readonly #idempotency: IdempotencyTable;
  readonly #snapshots: DispatcherOptions['snapshots'];

  constructor(options: DispatcherOptions) {
    this.#runtime = options.runtime;
    this.#limits = options.limits;
    this.#decodeLimits = options.limits;
    this.#report = options.report;
    this.#pipelineOf = options.pipelineOf;
    this.#idempotency = options.idempotency;
    this.#snapshots = options.snapshots;
  }

  /** Runs a call. Never throws; synchronous when everything in its way is. */
  call(request: Request<CallRoute>): FinalMessage | Promise<FinalMessage> {
    const { idempotencyKey: key } = request.call;
    if (key !== undefined) return this.#attempt(request, () => this.#callOnce(request, key));
    try {
      const value = this.#run(request);
      if (!isPromise(value)) return this.#result(request, value);
      return Promise.resolve(value).then(
        (late) => this.#lateResult(request, late),
        (error: unknown) => this.#failed(request, error),
      );
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  /** Starts a stream. Never throws: a failure is the ERROR that `next` gives. */
  stream(request: Request<StreamRoute>): StreamReplies {
    return request.route.definition.down === undefined
      ? this.#uploadReplies(request)
      : this.#itemReplies(request);
  }

  /** Refuses what was never started. */
  refuse(id: number, error: unknown): ErrorMessage {
    return this.#errorMessage(id, error, { executed: 'no' });
  }

  /** Answers for what broke on its way to an answer. */
  crashed(id: number, error: unknown): ErrorMessage {
    return this.#errorMessage(id, error, { executed: 'unknown' });
  }

  /** Never throws, and never rejects. */
  #attempt(
    request: Request<CallRoute>,
    make: () => FinalMessage | Promise<FinalMessage>,
  ): FinalMessage | Promise<FinalMessage> {
    try {
      const final = make();
      if (!isPromise(final)) return final;
      return final.catch((error: unknown) => this.#failed(request, error));
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  /** Guards for each caller, and then the one outcome of all who call with this key. */
  #callOnce(request: Request<CallRoute>, key: Uint8Array): FinalMessage | Promise<FinalMessage> {
    const { context, route, bound, call } = request;
    const final = this.#guarded(request, (_, payload) => {
      const input = readStructure(payload, this.#decodeLimits, bound.sent?.input);
      context.assertOpen();
      const attempt = { procedure: route.name, key, digest: digestOf(input), context };
      return this.#idempotency.outcome(attempt, () =>
        this.#attempt(request, () => this.#runOnce(request, input)),
      );
    });
    return chain(final, (outcome) => {
      const own = outcomeFor(outcome, call.id, request);
      bounded(own, this.#maxOutput(request));
      return own;
    });
  }

  #runOnce(request: Request<CallRoute>, value: unknown): FinalMessage | Promise<FinalMessage> {
    const input = parseInput(request.route.definition.input, value);
    const output = chain(input, (parsed) => this.#runParsed(request, parsed));
    return chain(output, (late) => this.#result(request, late));
  }

  #result(request: Request<CallRoute>, value: unknown): FinalMessage | Promise<FinalMessage> {
    const { route, bound, call, asOf } = request;
    const position = { schema: route.definition.output, codec: bound.received?.output };
    const payload = writeOutput(position, value, this.#maxOutput(request));
    if (!isPromise(payload)) {
      const { encoding, bytes } = payload;
      return asOf === undefined
        ? { kind: 'RESULT', id: call.id, encoding, bytes }
        : { kind: 'RESULT', id: call.id, encoding, bytes, asOf };
    }
    return payload.then(
      (late) => ({ kind: 'RESULT', id: call.id, ...late, ...(asOf && { asOf }) }),
      (error: unknown) => this.#failed(request, error),
    );
  }

  #lateResult(request: Request<CallRoute>, value: unknown): FinalMessage | Promise<FinalMessage> {
    try {
      return this.#result(request, value);
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  #failed({ route, bound, call, context }: Request, error: unknown): ErrorMessage {
    // Whoever asked has been answered; what a handler throws for its signal is no fault of anybody.
    if (context.abortReason !== undefined) {
      return this.refuse(call.id, context.isDetached ? context.abortReason : ENDED);
    }
    // An interceptor may still hold the way to the handler, which must not start any more.
    context.isSettled = true;
    const mapped = this.#pipelineOf(route).mapError(error, asAnyContext(context)) ?? error;
    return this.#errorMessage(call.id, mapped, {
      route,
      codecs: bound.received?.errors,
      executed: context.isStarted ? 'yes' : 'no',
    });
  }

  #errorMessage(
    id: number,
    error: unknown,
    about: {
      route?: Request['route'];
      codecs?: NonNullable<BoundProcedure['received']>['errors'] | undefined;
      executed: Executed;
    },
  ): ErrorMessage {
    const { route, codecs, executed } = about;
    const source = { runtime: this.#runtime, report: this.#report, route, codecs, executed };
    return toErrorMessage(id, error, source);
  }

  /** Guards, then the input, then interceptors around the handler. */
  #run(request: Request): unknown {
    return this.#guarded(request, this.#afterGuards);
  }

  /** One for all calls, since each call would have to make it. */
  readonly #afterGuards = (request: Request, payload: Payload): unknown =>
    this.#runGuarded(request, payload);

  #guarded<Next>(
    request: Request,
    next: (request: Request, payload: Payload) => Next | Promise<Next>,
  ): Next | Promise<Next> {
    const guarded = this.#pipelineOf(request.route).runGuards(asAnyContext(request.context));
    if (!isPromise(guarded)) return next(request, request.call);
    // The payload is a view of the batch, which is gone when the guards are done.
    const { encoding, bytes } = request.call;
    const kept = { encoding, bytes: new Uint8Array(bytes) };
    return chain(guarded, () => next(request, kept));
  }

  #runGuarded(request: Request, payload: Payload): unknown {
    const position = { schema: request.route.definition.input, codec: request.bound.sent?.input };
    const input = readInput(position, payload, this.#decodeLimits);
    return isPromise(input)
      ? Promise.resolve(input).then((value) => this.#runParsed(request, value))
      : this.#runParsed(request, input);
  }

  #runParsed(request: Request, input: unknown): unknown {
    const { route } = request;
    const place = isCallRoute(route) ? this.#snapshots.read(route, input) : undefined;
    if (place === undefined) return this.#runPlaced(request, input);
    return place.then((asOf) => {
      request.asOf = asOf;
      return this.#runPlaced(request, input);
    });
  }

  #runPlaced(request: Request, input: unknown): unknown {
    const pipeline = this.#pipelineOf(request.route);
    if (!pipeline.hasInterceptors) return startHandler(request, input);
    return pipeline.around(asAnyContext(request.context), () => startHandler(request, input));
  }

  #maxOutput({ route, takesChunks }: Request): number {
    const wanted = route.definition.maxOutputBytes ?? this.#limits.valueOutBytes;
    return takesChunks ? wanted : Math.min(wanted, maxPayloadBytes(this.#limits));
  }

  async #end(request: Request<StreamRoute>, value: unknown): Promise<EndMessage> {
    const { route, bound, call } = request;
    const position = { schema: route.definition.output, codec: bound.received?.output };
    const payload = await writeOutput(position, value, this.#maxOutput(request));
    return { kind: 'END', id: call.id, ...payload };
  }

  #uploadReplies(request: Request<StreamRoute>): StreamReplies {
    const final = this.#upload(request);
    return { next: () => final, stop: () => Promise.resolve() };
  }

  async #upload(request: Request<StreamRoute>): Promise<EndMessage | ErrorMessage> {
    try {
      return await this.#end(request, await this.#run(request));
    } catch (error) {
      return this.#failed(request, error);
    }
  }

  #itemReplies(request: Request<StreamRoute>): StreamReplies {
    const { route } = request;
    return new ItemReplies({
      name: route.source,
      run: () => this.#run(request),
      item: (value) => this.#item(request, value),
      end: (value) => this.#end(request, value),
      failed: (error) => this.#failed(request, error),
      stopFailed: (error) => this.#report({ error, where: route.name }),
    });
  }

  #item(request: Request<StreamRoute>, value: unknown): ItemMessage | Promise<ItemMessage> {
    const { route, bound, call } = request;
    const position = { schema: route.definition.down, codec: bound.received?.down };
    const payload = writeOutput(position, value, this.#maxOutput(request));
    if (isPromise(payload)) {
      return payload.then(({ encoding, bytes }) => ({
        kind: 'ITEM',
        id: call.id,
        encoding,
        bytes,
      }));
    }
    return { kind: 'ITEM', id: call.id, encoding: payload.encoding, bytes: payload.bytes };
  }
}

const ENDED = ownError('CANCELLED', 'ended before', { executed: 'no' });

function startHandler({ route, context, call }: Request, input: unknown): unknown {
  // The caller was told that it did not run, maybe while an interceptor waited.
  context.assertOpen();
  context.isStarted = true;
  context.isDetached = call.idempotencyKey !== undefined;
  context.watch?.handlerStarts();
  return route.handler(input, asStreamContext(context));
}
