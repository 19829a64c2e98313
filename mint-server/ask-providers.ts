import { type AskedAnswer, failed } from "./answer.ts";
import type { ModelCall } from "./ask-model.ts";
import { attempt, type Sent } from "./attempt.ts";
import { HEADER, type Source } from "./contract/headers.ts";
import type { Failure, Result } from "./failures.ts";
import type { Budget } from "./metering/budget.ts";
import type { ModelRequest } from "./model-request.ts";
import type { Endpoints } from "./providers/turns.ts";

/** A request for which endpoints were found and, if it is limited, its worst cost was set aside. */
export interface Asking {
  readonly call: ModelCall;
  readonly request: ModelRequest;
  readonly endpoints: Endpoints;
  readonly budget: Budget | undefined;
}

/** Asks the endpoints in turn until one answers. */
export async function askProviders(asking: Asking): Promise<AskedAnswer> {
  const started = performance.now();
  const sent = await firstGoodAnswer(asking);
  if ("failure" in sent) return refusedBy(sent);
  const { upstream, endpoint, answer } = sent;
  return {
    status: upstream.status,
    headers: {
      ...upstream.headers,
      ...(answer.contentType && { "content-type": answer.contentType }),
      [HEADER.usedEndpoint]: endpoint.name,
      [HEADER.source]: "upstream" satisfies Source,
      [HEADER.serverTiming]: `upstream;dur=${Math.round(performance.now() - started)}`,
    },
    body: answer.body,
  };
}

async function firstGoodAnswer({ call, request, endpoints, budget: opened }: Asking): Promise<Sent> {
  const { services, caller } = call;
  const turns = services.balancer.turns({ org: caller.org?.name, endpoints, model: request.model });
  let budget = opened;
  const first = turns.first();
  if (!first.ok) {
    budget?.release();
    return first;
  }
  let sent = await attempt({ call, request, budget }, first.value);
  while ("failure" in sent) {
    const turn = await turns.next(sent.failure, call.request.signal);
    if (!turn) break;
    if (budget && mayHaveCost(sent.failure)) {
      const renewed: Result<Budget> = await budget.again();
      if (!renewed.ok) {
        turn.drop();
        break;
      }
      budget.forfeit();
      budget = renewed.value;
    }
    sent = await attempt({ call, request, budget }, turn);
  }
  if ("failure" in sent) mayHaveCost(sent.failure) ? budget?.forfeit() : budget?.release();
  return sent;
}

/** Whether a provider may charge for what came to nothing. Whatever it refused in so many words it does not. */
function mayHaveCost({ kind }: Failure): boolean {
  switch (kind) {
    case "upstream_unreachable":
    case "upstream_timeout":
    case "upstream_malformed":
    case "caller_left":
    case "credential_revoked":
      return true;
    default:
      return false;
  }
}

/** Names the endpoint, so that a provider's refusal is told from the server's own. */
function refusedBy({ endpoint, failure }: Extract<Sent, { failure: Failure }>): AskedAnswer {
  const answer = failed(failure);
  if (!endpoint) return answer;
  return { ...answer, headers: { ...answer.headers, [HEADER.usedEndpoint]: endpoint.name } };
}
