import { waitUntil } from "cloudflare:workers";
import type { Charge, Ledger } from "../../mint-server/credentials/ledger.ts";
import { createLedgerClient } from "../../mint-server/credentials/ledger-client.ts";
import { LedgerObject } from "../../mint-server/ledger-object.ts";

export { LedgerObject as Ledger };

interface Env {
  readonly LEDGER: DurableObjectNamespace<LedgerObject>;
  /** `false`: contexts end with their clients. */
  readonly KEEP_ALIVE: string;
}

/** What a test can see of the Worker. */
export interface LedgerState {
  readonly asked: number;
  readonly left: number;
  readonly begun: number;
  readonly returned: number;
}

const state = { asked: 0, left: 0, begun: 0, returned: 0 };
let isHeld = false;
let client: ReturnType<typeof createLedgerClient> | undefined;

const clientOf = ({ LEDGER, KEEP_ALIVE }: Env) => {
  const reach = (): Ledger => {
    const ledger = LEDGER.getByName("org");
    const reserve: Ledger["reserve"] = async (...rows) => {
      state.begun += 1;
      const answer = await ledger.reserve(...rows);
      // The answer is on its way for as long as a test holds it.
      while (isHeld) await scheduler.wait(2);
      state.returned += 1;
      return answer;
    };
    return { reserve } as Ledger;
  };
  return createLedgerClient(reach, KEEP_ALIVE === "true" ? { waitUntil } : {});
};

/** Reserves 50 micro-dollars, as the calls of a model will: after the body was read. */
async function reserve(request: Request, env: Env): Promise<Response> {
  state.asked += 1;
  request.signal.addEventListener("abort", () => {
    state.left += 1;
  });
  const { id, micros } = await request.json<{ id: string; micros: number }>();
  const charges: Charge[] = [{ account: "sub:alice", period: "all", micros }];
  const worst = { inputTokens: 10, inputMicros: 10, outputTokens: 20, microsPerOutputToken: 2, flexible: false };
  client ??= clientOf(env);
  const now = Date.now();
  const who = { jti: "credential-1", subject: "alice", issuedAt: 0 };
  const verdict = await client.reserve({ id, ...who, now, charges, ...worst });
  if (verdict === undefined) return new Response("ledger_unavailable", { status: 503 });
  return Response.json(verdict, { status: verdict.ok ? 200 : 402 });
}

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/reserve":
        return reserve(request, env);
      case "/hold":
        isHeld = true;
        return Response.json(state);
      case "/release":
        isHeld = false;
        return Response.json(state);
      case "/usage":
        return Response.json(await env.LEDGER.getByName("org").usage("sub:alice", "all"));
      default:
        return Response.json(state);
    }
  },
};
