import { type Answer, failed } from "./answer.ts";
import { completeByFunction } from "./answer-by-function.ts";
import { askProviders } from "./ask-providers.ts";
import type { ModelEndpoint } from "./contract/endpoints.ts";
import { allowsEndpoint } from "./credentials/claims.ts";
import { forbiddenFeature } from "./credentials/features.ts";
import type { Template } from "./credentials/template.ts";
import { type Caller, isLimited } from "./credentials/verify.ts";
import { type Failure, fail, ok, type Result } from "./failures.ts";
import type { Budget } from "./metering/budget.ts";
import { withRemaining } from "./metering/headers.ts";
import { type ModelRequest, readModelRequest, resolveAuto } from "./model-request.ts";
import { factsAt, type Route, selectRoute } from "./providers/select.ts";
import type { Services } from "./server.ts";
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
}

/** From a request to a model's answer: read, select, check what only the body tells, send. */
export async function complete(completion: Completion): Promise<Answer> {
  const { services, caller, request } = completion;
  const { config } = services;
  const template = templateOf(caller);
  if (!template.ok) return failed(template.failure);
  const options = { ...completion, maxBodyBytes: config.maxBodyBytes, template: template.value };
  const read = await readModelRequest(request, options);
  if (!read.ok) return failed(read.failure);
  const route = selectRoute(config, caller, { model: read.value.model, headers: request.headers });
  if (!route.ok) return failed(route.failure);
  const resolved = resolveAuto(read.value, route.value.facts.flavor);
  if (!resolved.ok) return failed(resolved.failure);
  const leave = checkLeave(caller, resolved.value, completion.endpoint);
  if (leave) return failed(leave);
  const budget = await budgetFor(completion, resolved.value, route.value);
  if (!budget.ok) return failed(budget.failure);
  const asked = budget.value?.request ?? resolved.value;
  const answer = await (route.value.kind === "function"
    ? completeByFunction(completion, asked, route.value.model, budget.value)
    : askProviders({ completion, request: asked, endpoints: route.value.endpoints, budget: budget.value }));
  return budget.value ? { ...answer, headers: withRemaining(answer.headers, budget.value.remaining) } : answer;
}

/** The template that a credential is bound to. One that was taken away leaves nothing to do. */
function templateOf({ grant, org }: Caller): Result<Template | undefined> {
  if (grant.template === undefined) return ok(undefined);
  const template = org?.templates.get(grant.template);
  const detail = "The template that this credential is bound to is gone.";
  return template ? ok(template) : fail({ kind: "insufficient_scope", param: null, detail });
}

const budgets = lazy(() => import("./metering/budget.ts"));

async function budgetFor(
  { services, caller, now }: Completion,
  request: ModelRequest,
  route: Route,
): Promise<Result<Budget | undefined>> {
  if (!isLimited(caller)) return ok(undefined);
  const facts =
    route.kind === "function" ? [route.facts] : route.endpoints.map((endpoint) => factsAt(endpoint, request.model));
  const { openBudget } = await budgets();
  return openBudget({ client: services.ledgerOf(caller.ledger), caller, request, facts, now });
}

/** What a grant says of the body. Keys may do whatever their owner could do at the provider. */
function checkLeave(
  { by, grant }: Caller,
  { endpoint, body }: ModelRequest,
  taken: ModelEndpoint,
): Failure | undefined {
  if (by !== "credential") return undefined;
  // Leave for `auto` is leave for what it turns out to be, by that path alone.
  if (!allowsEndpoint(grant, endpoint.name) && !(taken.path === "auto" && allowsEndpoint(grant, "auto"))) {
    return { kind: "insufficient_scope", param: null, detail: `This credential does not cover ${endpoint.name}.` };
  }
  const use = forbiddenFeature(grant, body, endpoint.schema);
  return (
    use && {
      kind: "insufficient_scope",
      param: use.param,
      detail: `This credential does not cover \`${use.feature}\`.`,
    }
  );
}
