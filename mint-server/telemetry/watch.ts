import type { Answer, AskedAnswer } from "../answer.ts";
import { HEADER } from "../contract/headers.ts";
import { newSpan, readTraceparent, type TraceContext } from "../contract/trace-context.ts";
import type { Caller } from "../credentials/verify.ts";
import { type CallNotes, type NotedCall, takeNotes } from "./call-notes.ts";
import { messagesOf } from "./content.ts";
import { readOut, readPassage } from "./read-out.ts";
import { createReader, type Reader, type WayOut } from "./reader.ts";
import type { CachedTier, CallAccount, RequestRecord, SessionAccount } from "./record.ts";

/** Follows one request to its answer's last byte. None of its methods throws, or is waited for. */
export interface Watch {
  readonly notes: CallNotes;
  /** Who asks, once that is known. */
  caller(caller: Caller): void;
  /** A stream that is still to be carried, read along as it is made: a second reading would cost a second hop. */
  passing(answer: AskedAnswer): AskedAnswer;
  /** The answer as it goes out, read along. */
  answered(answer: Answer): Answer;
  /** A realtime session is let in: its record waits for its end, of which it is to be told once. */
  session(): (over: SessionAccount) => void;
  /** Nobody foresaw it. */
  failed(): void;
}

export interface Watched {
  readonly request: Request;
  /** The route's pattern. */
  readonly route: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface WatchParts {
  readonly clock: () => number;
  /** Takes the record of a request that is over. */
  readonly emit: (record: RequestRecord) => Promise<void>;
  /** Keeps the request's context alive until its record is out. */
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined;
}

/** How long is waited for what whoever asked knows. */
const ACCOUNT_MS = 2000;

export function watchRequest({ request, route, now }: Watched, { clock, emit, waitUntil }: WatchParts): Watch {
  const caller = readTraceparent(request.headers.get("traceparent"));
  const trace = newSpan(caller);
  const notes = takeNotes(trace, clock);
  const over = Promise.withResolvers<void>();
  waitUntil?.(over.promise);
  let who: Caller | undefined;
  let reader: Reader | undefined;
  let answer: Answer | undefined;
  let isSession = false;
  let session: SessionAccount | undefined;
  let answeredAt: number | undefined;
  let isOver = false;
  const reading = (): Reader => {
    reader ??= createReader(notes.routed?.request.endpoint, { clock, keepsContent: who?.org?.logsContent === true });
    return reader;
  };
  const finish = async (way: WayOut): Promise<void> => {
    if (isOver) return;
    isOver = true;
    const endedAt = clock();
    const account = await within(ACCOUNT_MS, answer?.account?.() ?? notes.account()).catch(() => undefined);
    const facts = {
      request,
      route,
      startedAt: now,
      endedAt,
      trace,
      caller,
      who,
      notes,
      answer,
      way,
      session,
      answeredAt,
    };
    await emit(await recordOf({ ...facts, reader, account: account ?? notes.account() }));
  };
  // Whatever happens here is of no concern to the request.
  const end = (way: WayOut): void =>
    void finish(way)
      .catch(() => {})
      .then(over.resolve);
  // Told by nobody else while a provider is silent.
  request.signal.addEventListener("abort", () => isSession || end("left"));
  return {
    notes,
    caller(known) {
      who = known;
    },
    passing(asked) {
      return readPassage(asked, reading, end);
    },
    answered(given) {
      answer = given;
      answeredAt = clock();
      if (isSession) return given;
      return reader?.isBusy ? given : readOut(given, reading(), end);
    },
    session() {
      isSession = true;
      return (over) => {
        session = over;
        end("whole");
      };
    },
    failed() {
      answer = { status: 500, headers: {}, body: null, failure: "unforeseen" };
      end("whole");
    },
  };
}

function within<T>(ms: number, value: T | Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, ms, undefined);
  return Promise.race([Promise.resolve(value), late.promise]).finally(() => clearTimeout(timer));
}

interface Facts extends Omit<Watched, "now"> {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly trace: TraceContext;
  readonly caller: TraceContext | undefined;
  readonly who: Caller | undefined;
  readonly notes: NotedCall;
  readonly answer: Answer | undefined;
  readonly reader: Reader | undefined;
  readonly account: CallAccount;
  readonly way: WayOut;
  readonly session: SessionAccount | undefined;
  readonly answeredAt: number | undefined;
}

async function recordOf(facts: Facts): Promise<RequestRecord> {
  const { request, route, startedAt, endedAt, trace, caller, who, notes, answer, reader, account, session } = facts;
  const { headers = {}, status = 499 } = answer ?? {};
  const asked = notes.routed?.request;
  const size = Number(request.headers.get("content-length") ?? Number.NaN);
  const errorKind = errorOf(facts);
  const cached = cachedTier(headers);
  const parent = logParent(request, who);
  const since = (at: number | undefined): number | undefined => (at === undefined ? undefined : at - startedAt);
  const content =
    who?.org?.logsContent === true && notes.routed ? await messagesOf(notes.routed, reader?.said) : undefined;
  return defined({
    trace,
    parentSpanId: caller?.spanId,
    method: request.method,
    route,
    status,
    errorKind,
    by: who?.by,
    org: who?.org?.name,
    subject: who?.subject,
    credentialId: who?.credential?.jti,
    endpoint: session?.endpoint ?? headers[HEADER.usedEndpoint],
    model: asked?.model ?? notes.sessionModel,
    answeredModel: reader?.model,
    operation: asked ? operationOf(asked.endpoint.name) : notes.sessionModel && "realtime",
    schema: asked?.endpoint.schema,
    stream: asked?.stream,
    cached,
    ...(cached ? { attempts: [] } : account),
    ...(session && { session: session.session }),
    ...(session?.usage && { usage: session.usage }),
    ...(session?.micros !== undefined && { micros: session.micros }),
    startedAt,
    firstByteMs: since(session ? facts.answeredAt : reader?.firstByteAt),
    firstTokenMs: since(reader?.firstTokenAt),
    totalMs: endedAt - startedAt,
    requestBytes: Number.isNaN(size) ? undefined : size,
    answerBytes: reader?.bytes ?? 0,
    logParent: parent,
    content,
  });
}

/** The same object without members that are undefined. */
function defined<T extends object>(given: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

function errorOf({ answer, account, way, reader, session }: Facts): string | undefined {
  if (session) return session.errorKind;
  if (answer?.failure !== undefined) return answer.failure;
  if (!answer || way === "left") return reader?.state === "complete" ? undefined : "caller_left";
  if (answer.status >= 400) return account.attempts.at(-1)?.errorKind ?? `status_${answer.status}`;
  if (way === "broken") return "answer_broken";
  return reader?.state === "failed" ? "failed_in_stream" : undefined;
}

function cachedTier(headers: Readonly<Record<string, string>>): CachedTier | undefined {
  if (headers[HEADER.cached] !== "HIT") return undefined;
  return headers[HEADER.source] === "edge-cache" ? "edge" : "shared";
}

const OPERATIONS: Readonly<Record<string, string>> = {
  "chat/completions": "chat",
  responses: "chat",
  messages: "chat",
  completions: "text_completion",
  embeddings: "embeddings",
  embedContent: "embeddings",
  generateContent: "generate_content",
};

/** As the conventions of OpenTelemetry name it, where they do. */
function operationOf(endpointName: string): string {
  return OPERATIONS[endpointName] ?? endpointName;
}

const MAX_PARENT_LENGTH = 512;

/** Where a credential's issuer wants it filed, else where the request does. */
function logParent(request: Request, who: Caller | undefined): string | undefined {
  const project = who?.grant.logging?.project_name;
  const parent = project === undefined ? request.headers.get(HEADER.parent) : `project_name:${project}`;
  return parent !== null && parent.length <= MAX_PARENT_LENGTH && /^[\x20-\x7e]+$/.test(parent) ? parent : undefined;
}
