import type { Caller } from "../credentials/verify.ts";
import { ok, type Result } from "../failures.ts";
import type { Endpoint } from "../providers/provider.ts";
import type { Endpoints, Turn } from "../providers/turns.ts";
import type { Services } from "../server.ts";
import type { CallNotes } from "../telemetry/call-notes.ts";

/** Something that one of several endpoints is to take: a session, or a call. */
export interface Offered {
  readonly services: Pick<Services, "balancer">;
  readonly caller: Pick<Caller, "org">;
  readonly model: string;
  readonly endpoints: Endpoints;
  /** Aborts when whoever offers it has left. */
  readonly signal: AbortSignal;
  /** Where somebody watches. */
  readonly notes?: CallNotes | undefined;
}

/** Who took it. */
export interface Taken<Value> {
  readonly endpoint: Endpoint;
  readonly value: Value;
  /** To be told once, if the provider breaks it after it had begun well. */
  readonly lost: () => void;
}

/**
 * Asks the endpoints until one takes it: whose turn it is, who is passed over, how often and after which failures another is
 * asked, and what an endpoint's health learns of it, is what holds for requests over HTTP.
 */
export async function takenBy<Value>(
  { services: { balancer }, caller, model, endpoints, signal, notes }: Offered,
  ask: (endpoint: Endpoint) => Promise<Result<Value>>,
): Promise<Result<Taken<Value>>> {
  const { timing } = balancer;
  const turns = balancer.turns({ org: caller.org?.name, endpoints, model });
  const first = turns.first();
  if (!first.ok) return first;
  for (let turn: Turn = first.value; ; ) {
    const { endpoint, stall } = turn;
    const note = notes?.begin(endpoint);
    const asked = await askOne(turn, ask);
    note?.over(asked.ok ? undefined : asked.failure);
    if (asked.ok) {
      turn.heard({}, timing.now());
      turn.succeed(timing.now());
      return ok({ endpoint, value: asked.value, lost: () => stall(timing.now()) });
    }
    turn.fail(asked.failure, timing.now());
    const next = await turns.next(asked.failure, signal);
    if (!next) return asked;
    turn = next;
  }
}

async function askOne<Value>(turn: Turn, ask: (endpoint: Endpoint) => Promise<Result<Value>>): Promise<Result<Value>> {
  try {
    return await ask(turn.endpoint);
  } catch (error) {
    turn.drop();
    throw error;
  }
}
