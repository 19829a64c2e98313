import type { AskedAnswer } from "./answer.ts";
import { askProviders } from "./ask-providers.ts";
import { type Caller, isLimited } from "./credentials/verify.ts";
import { fail, ok, type Result } from "./failures.ts";
import type { Budget } from "./metering/budget.ts";
import type { ModelRequest } from "./model-request.ts";
import { factsAt, type Route } from "./providers/select.ts";
import type { Services } from "./server.ts";
import type { CallNotes } from "./telemetry/call-notes.ts";
import { lazy } from "./wire/lazy.ts";

/** A caller's request as those see it who ask for its answer. */
export interface ModelCall {
  readonly services: Pick<Services, "ledgerOf" | "balancer" | "responses">;
  readonly caller: Caller;
  readonly request: Pick<Request, "url" | "headers" | "signal">;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The answer may have other callers, too: whoever hands it on sees to revocations, and proves streams complete. */
  readonly isShared?: boolean;
  /** Where somebody watches: what is learned on the way. */
  readonly notes?: CallNotes | undefined;
}

/** A request that was let through, and where it goes. */
export interface RoutedRequest {
  readonly request: ModelRequest;
  readonly route: Route;
}

const budgets = lazy(() => import("./metering/budget.ts"));
const functions = lazy(() => import("./answer-by-function.ts"));

/** Sets aside what a limited caller's request may cost at worst; nothing for anyone else. */
export async function budgetFor(
  { services, caller, now }: ModelCall,
  { request, route }: RoutedRequest,
): Promise<Result<Budget | undefined>> {
  if (!isLimited(caller)) return ok(undefined);
  // Nothing is set aside for what nobody would answer.
  const closed =
    route.kind === "endpoints" && services.balancer.noneHealthy(caller.org?.name, route.endpoints, request.model);
  if (closed) return fail(closed);
  const facts =
    route.kind === "function" ? [route.facts] : route.endpoints.map((endpoint) => factsAt(endpoint, request.model));
  const { openBudget } = await budgets();
  return openBudget({ client: services.ledgerOf(caller.ledger), caller, request, facts, now });
}

/** Asks where the request goes, within what was set aside. */
export async function askModel(
  call: ModelCall,
  { request, route }: RoutedRequest,
  budget: Budget | undefined,
): Promise<AskedAnswer> {
  const asked = budget?.request ?? request;
  if (route.kind !== "function") return askProviders({ call, request: asked, endpoints: route.endpoints, budget });
  const { completeByFunction } = await functions();
  return completeByFunction(call, asked, route.model, budget);
}
