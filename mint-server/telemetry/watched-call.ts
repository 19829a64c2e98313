import { newSpan, readTraceparent } from "../contract/trace-context.ts";
import type { Caller } from "../credentials/verify.ts";
import type { Endpoint } from "../providers/provider.ts";
import type { RequestRecord, SessionAccount } from "./record.ts";

/** A call that went past this server and was watched over, once it is over. */
export interface WatchedCall {
  /** Of the request that began it, where somebody watched that. */
  readonly traceparent: string | undefined;
  /** Of that request: the route's pattern. */
  readonly route: string;
  readonly caller: Pick<Caller, "by" | "subject" | "grant" | "credential">;
  readonly endpoint: Endpoint;
  readonly model: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly account: SessionAccount;
}

/** Its record. The request that began it has one of its own, which ended when the call was placed. */
export function recordOfCall(call: WatchedCall): RequestRecord {
  const { traceparent, route, caller, endpoint, model, startedAt, endedAt, account } = call;
  const trace = readTraceparent(traceparent ?? null) ?? newSpan();
  const { by, subject, grant, credential } = caller;
  const { session, errorKind, usage, micros } = account;
  const { id, telemetryName = id } = endpoint.provider;
  const project = grant.logging?.project_name;
  const { spanId } = newSpan(trace);
  return {
    isPart: true,
    ...{ trace, method: "POST", route, status: 200, by, org: grant.org, subject, model, operation: "realtime" },
    endpoint: endpoint.name,
    ...(credential && { credentialId: credential.jti }),
    attempts: [
      { spanId, endpoint: endpoint.name, provider: id, providerName: telemetryName, startedAt, answeredAt: endedAt },
    ],
    ...{ startedAt, totalMs: endedAt - startedAt, answerBytes: 0, session },
    ...(errorKind !== undefined && { errorKind }),
    ...(usage && { usage }),
    ...(micros !== undefined && { micros }),
    ...(project !== undefined && { logParent: `project_name:${project}` }),
  };
}
