import type { CredentialClaims } from "../../mint-server/contract/credential.ts";
import type { GateEvent } from "../../sw/events.ts";
import type { Receipt } from "./types.ts";

type RequestEvent = Extract<GateEvent, { type: "request" }>;

/** The receipt of a request that was just caught. `claims`: the credential in use, where the page knows it. */
export function openReceipt(event: RequestEvent, claims: CredentialClaims | undefined): Receipt {
  return {
    requestId: event.requestId,
    startedAt: Date.now(),
    by: event.by,
    outcome: "running",
    ...(claims && { claims }),
  };
}

/** The receipt after one more event. A new credential belongs to every request that is waiting for its answer. */
export function advanceReceipt(receipt: Receipt, event: GateEvent): Receipt {
  if ("claims" in event) {
    if (receipt.outcome !== "running" || receipt.headersMs !== undefined) return receipt;
    return { ...receipt, claims: event.claims, minted: { kind: event.type, tookMs: event.tookMs } };
  }
  if (event.requestId !== receipt.requestId) return receipt;
  switch (event.type) {
    case "download":
      return { ...receipt, downloaded: event.loaded };
    case "request":
    case "delivered":
    case "undeliverable":
      return receipt;
    case "resume": {
      const { position, tookMs } = event;
      return { ...receipt, resumed: { times: (receipt.resumed?.times ?? 0) + 1, position, tookMs } };
    }
    case "hit":
    case "miss":
      return {
        ...receipt,
        status: event.status,
        headersMs: event.headersMs,
        ...(event.source && { source: event.source }),
        ...(event.endpoint && { endpoint: event.endpoint }),
      };
    case "offline":
      return { ...receipt, outcome: "offline" };
    case "done":
      return {
        ...receipt,
        outcome: receipt.outcome === "offline" ? "offline" : event.outcome,
        totalMs: event.totalMs,
        sizeBytes: event.sizeBytes,
        ...(event.firstByteMs !== undefined && { firstByteMs: event.firstByteMs }),
      };
  }
}
