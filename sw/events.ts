import type { CredentialClaims } from "../mint-server/contract/credential.ts";
import type { Source } from "../mint-server/contract/headers.ts";
import type { ErrorDetails } from "../mint-server/contract/openai-error.ts";

/** The BroadcastChannel that carries them to every page of the origin. */
export const EVENTS_CHANNEL = "mintgate:events";

/** What handled a request: the Service Worker, or the page itself where no worker controls it. */
export type HandledBy = "worker" | "page";

/** What `onEvent` reports. Times are milliseconds since the request was caught. No event holds a credential or content. */
export type GateEvent =
  | {
      readonly type: "mint" | "renew";
      readonly by: HandledBy;
      readonly claims: CredentialClaims;
      readonly tookMs: number;
    }
  | { readonly type: "request"; readonly by: HandledBy; readonly requestId: string; readonly url: string }
  | {
      /** `miss`: a provider answered; `hit`: a cache did. Sent when the answer's headers are there. */
      readonly type: "hit" | "miss";
      readonly by: HandledBy;
      readonly requestId: string;
      readonly status: number;
      readonly source: Source | undefined;
      readonly endpoint: string | undefined;
      readonly headersMs: number;
    }
  | {
      /**
       * The answer's last byte went to the page, or the page left. `firstByteMs` is absent for an empty body, `firstTokenMs` where
       * no model said anything in a stream. `traceId` is that of the mint-server's spans, too (W3C Trace Context).
       */
      readonly type: "done";
      readonly by: HandledBy;
      readonly requestId: string;
      readonly outcome: "complete" | "cancelled" | "failed";
      readonly firstByteMs?: number;
      readonly firstTokenMs?: number;
      readonly traceId?: string;
      readonly totalMs: number;
      readonly sizeBytes: number;
      readonly error?: ErrorDetails;
    }
  | {
      /**
       * A connection broke, and the answer goes on from byte `position`, `tookMs` after that. By `page` also where the page
       * lost the worker.
       */
      readonly type: "resume";
      readonly by: HandledBy;
      readonly requestId: string;
      readonly position: number;
      readonly tookMs: number;
    }
  | { readonly type: "offline"; readonly by: HandledBy; readonly requestId: string }
  | {
      /**
       * A request that waited, by the id in its `x-mintgate-outbox`: its answer is there, for who asks the same again; or it
       * was refused for good, too old, or cut off again and again, and waits no more.
       */
      readonly type: "delivered" | "undeliverable";
      readonly by: HandledBy;
      readonly requestId: string;
      /** That of the answer, if there was one. */
      readonly status: number | undefined;
    }
  | {
      /** The request waits for the browser to download its built-in model; `loaded` goes from 0 to 1. */
      readonly type: "download";
      readonly by: HandledBy;
      readonly requestId: string;
      readonly model: string;
      readonly loaded: number;
    };
