/** Where a request stands in a trace (W3C Trace Context, level 1). Ids in lower-case hexadecimal. */
export interface TraceContext {
  /** 32 digits. */
  readonly traceId: string;
  /** 16 digits. */
  readonly spanId: string;
  /** Whether whoever began the trace keeps it. */
  readonly isSampled: boolean;
}

/** Of a version after this one only what this one knows is read (§3.2.4). */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads a `traceparent`; `undefined` for one that is missing or not as it must be, which then begins no trace. */
export function readTraceparent(value: string | null): TraceContext | undefined {
  const [, version, traceId = "", spanId = "", flags = "", rest] = TRACEPARENT.exec(value ?? "") ?? [];
  if (version === undefined || (version === "00" && rest !== undefined)) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function writeTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}

/** The first span of a new trace, or a new one within a trace. */
export function newSpan(within?: Pick<TraceContext, "traceId" | "isSampled">): TraceContext {
  return {
    traceId: within?.traceId ?? randomHex(16),
    spanId: randomHex(8),
    isSampled: within?.isSampled ?? true,
  };
}

function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  // All zeros are no id (§3.2.2.3), and would come once in 2^64 times.
  return [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
