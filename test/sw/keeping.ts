import type { FakeMintServer, Seen } from "./fake-mint-server.ts";
import { bodyOf } from "./rig.ts";

/** What becomes of one connection: it gives so many bytes of what was asked for, and then breaks or ends; or never answers. */
export type Cut =
  | { readonly bytes: number; readonly ending: "break" | "end" }
  /** Before any answer. */
  | "refused"
  | "bad gateway"
  | { readonly status: number };

export interface Keeping {
  /** Positions that were asked for, in their order. */
  readonly positions: readonly number[];
  /** Keys of the calls, in their order. */
  readonly keys: readonly (string | null)[];
}

/** Makes a mint-server keep one answer and give it from any byte on, over connections that end as `cuts` say; the last one holds. */
export function keepAnswer(
  server: FakeMintServer,
  bytes: Uint8Array,
  { cuts, type = "text/event-stream" }: { readonly cuts: readonly Cut[]; readonly type?: string },
): Keeping {
  const positions: number[] = [];
  const keys: (string | null)[] = [];
  const left = [...cuts];
  server.answer = ({ headers }: Seen) => {
    const position = Number(headers.get("x-mintgate-position") ?? "0");
    positions.push(position);
    keys.push(headers.get("idempotency-key"));
    const cut = left.shift();
    if (cut === "refused") throw new TypeError("Failed to fetch");
    if (cut === "bad gateway") return new Response("<html>", { status: 502, headers: { "content-type": "text/html" } });
    if (cut && "status" in cut) return Response.json({ error: { code: "x" } }, { status: cut.status });
    const part = bytes.slice(position, cut && position + cut.bytes);
    const { body } = bodyOf(part.length > 0 ? [part] : [], cut?.ending ?? "end");
    return new Response(body, { headers: { "content-type": type, "x-mintgate-position": `${position}` } });
  };
  return { positions, keys };
}
