import { type Answer, carried, failed } from "./answer.ts";
import type { Joining } from "./answers/answers.ts";
import { readWish } from "./answers/wish.ts";
import { askModel, budgetFor, type RoutedRequest } from "./ask-model.ts";
import type { CachedAnswer, CacheSlot } from "./cache/edge-cache.ts";
import type { ModelEndpoint } from "./contract/endpoints.ts";
import { HEADER, type Source } from "./contract/headers.ts";
import type { Template } from "./credentials/template.ts";
import { type Caller, isLimited } from "./credentials/verify.ts";
import { fail, ok, type Result } from "./failures.ts";
import { withRemaining } from "./metering/headers.ts";
import { type ModelRequest, readModelRequest, resolveAuto } from "./model-request.ts";
import { selectModelRoute } from "./providers/select.ts";
import type { Services } from "./server.ts";
import type { CallNotes } from "./telemetry/call-notes.ts";
import type { Watch } from "./telemetry/watch.ts";
import { lazy } from "./wire/lazy.ts";

/** A caller's request for a model's work, with all that its handling needs. */
export interface Completion {
  readonly services: Services;
  readonly caller: Caller;
  readonly endpoint: ModelEndpoint;
  /** Where the path names it: the model's id, and whether a stream is to be one of events. */
  readonly model?: string;
  readonly asEvents?: boolean;
  readonly request: Request;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where somebody watches. */
  readonly watch?: Watch | undefined;
  readonly notes?: CallNotes | undefined;
}

/**
 * From a request to a model's answer: read, select, check what only the body tells; then an answer from the cache, or one
 * that others may have, too, or one that is this caller's alone.
 */
export async function complete(completion: Completion): Promise<Answer> {
  const routed = await route(completion);
  if (!routed.ok) return failed(routed.failure);
  completion.notes?.asked(routed.value);
  const wish = readWish(completion.request.headers);
  if (!wish.ok) return failed(wish.failure);
  const { answers } = completion.services;
  if (answers) {
    const slot = await slotFor(completion, routed.value);
    if (!slot.ok) return failed(slot.failure);
    const joining = { call: completion, routed: routed.value, wish: wish.value, cacheName: slot.value?.name };
    if (slot.value) return fromCacheOr(joining, slot.value, completion);
    if (wish.value.idempotencyKey !== undefined) return answers.join(joining);
  }
  // A second call would be another answer.
  if (wish.value.position > 0) return failed({ kind: "answer_gone" });
  return askAlone(completion, routed.value);
}

/** Reads a request, and finds where it goes. */
async function route(completion: Completion): Promise<Result<RoutedRequest>> {
  const { services, caller, request } = completion;
  const { config } = services;
  const template = templateOf(caller);
  if (!template.ok) return template;
  const options = { ...completion, maxBodyBytes: config.maxBodyBytes, template: template.value };
  const read = await readModelRequest(request, options);
  if (!read.ok) return read;
  const selected = selectModelRoute(config, caller, { model: read.value.model, headers: request.headers });
  if (!selected.ok) return selected;
  const resolved = resolveAuto(read.value, selected.value.facts.flavor);
  if (!resolved.ok) return resolved;
  if (caller.by === "credential") {
    const { checkLeave } = await leaves();
    const refused = checkLeave(caller.grant, resolved.value, { taken: completion.endpoint, template: template.value });
    if (refused) return fail(refused);
  }
  const whole = await written(resolved.value, completion);
  return whole.ok ? ok({ request: whole.value, route: selected.value }) : whole;
}

const leaves = lazy(() => import("./credentials/leave.ts"));
const recalling = lazy(() => import("./responses/recall.ts"));

/** A request with all that it only names, where that is kept here. */
async function written(request: ModelRequest, { services, caller }: Completion): Promise<Result<ModelRequest>> {
  const { responses, config } = services;
  if (request.endpoint.schema !== "responses") return ok(request);
  const { recall } = await recalling();
  return recall(request, { responses, caller, maxBodyBytes: config.maxBodyBytes });
}

function slotFor(
  { services, caller, request, now }: Completion,
  routed: RoutedRequest,
): Promise<Result<CacheSlot | undefined>> | Result<undefined> {
  return services.edgeCache?.open({ caller, ...routed, headers: request.headers, now }) ?? ok(undefined);
}

async function fromCacheOr(joining: Joining, slot: CacheSlot, completion: Completion): Promise<Answer> {
  const started = performance.now();
  // What is stored may be of another call, and so of other bytes than those of which the caller wants the rest.
  const found = joining.wish.position > 0 ? undefined : await slot.find();
  const tookMs = Math.round(performance.now() - started);
  const answer = found ? await fromCache(found, completion) : await join(joining, completion);
  const rest = answer.headers[HEADER.serverTiming];
  answer.headers[HEADER.serverTiming] = `cache;dur=${tookMs}${rest === undefined ? "" : `, ${rest}`}`;
  return answer;
}

async function join(joining: Joining, { services }: Completion): Promise<Answer> {
  return services.answers?.join(joining) ?? failed({ kind: "answers_unavailable" });
}

const reservations = lazy(() => import("./metering/light-reservation.ts"));

/** It costs nothing, but it is a request. */
async function fromCache(found: CachedAnswer, { services, caller, now }: Completion): Promise<Answer> {
  const source: Source = "edge-cache";
  const headers = { ...found.headers, [HEADER.cached]: "HIT", [HEADER.source]: source };
  if (!isLimited(caller)) return { ...found, headers };
  const { reserveLight } = await reservations();
  const reserved = await reserveLight(services.ledgerOf(caller.ledger), caller, now);
  return reserved.ok ? { ...found, headers: withRemaining(headers, reserved.value) } : failed(reserved.failure);
}

/** An answer that is nobody else's: it ends with its caller. */
async function askAlone(completion: Completion, routed: RoutedRequest): Promise<Answer> {
  const budget = await budgetFor(completion, routed);
  if (!budget.ok) return failed(budget.failure);
  const asked = await askModel(completion, routed, budget.value);
  const answer = carried(completion.watch?.passing(asked) ?? asked);
  return budget.value ? { ...answer, headers: withRemaining(answer.headers, budget.value.remaining) } : answer;
}

/** The template that a credential is bound to. One that was taken away leaves nothing to do. */
function templateOf({ grant, org }: Caller): Result<Template | undefined> {
  if (grant.template === undefined) return ok(undefined);
  const template = org?.templates.get(grant.template);
  const detail = "The template that this credential is bound to is gone.";
  return template ? ok(template) : fail({ kind: "insufficient_scope", param: null, detail });
}
