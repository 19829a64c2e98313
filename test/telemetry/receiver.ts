import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type MetricData, readMetrics, readSpans, type SpanData } from "./otlp-json.ts";

/** One export as it came. */
export interface Export {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of OTLP over HTTP that takes nothing which the protocol's JSON does not allow. */
export interface Receiver {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly exports: readonly Export[];
  /** Spans so far. Throws for an export that is not as it must be. */
  spans(): readonly SpanData[];
  metrics(): readonly MetricData[];
  /** Waits for as many spans that fit. */
  untilSpans(count: number, fits?: (span: SpanData) => boolean): Promise<readonly SpanData[]>;
  forget(): void;
  stop(): Promise<void>;
}

export interface ReceiverOptions {
  /** Status of the answer to the n-th export, from 0; `undefined`: none at all. */
  readonly answer?: (index: number, path: string) => number | undefined;
}

const PATIENCE_MS = 10_000;

export async function startReceiver({ answer = () => 200 }: ReceiverOptions = {}): Promise<Receiver> {
  const exports: Export[] = [];
  let count = 0;
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const path = request.url ?? "";
    const status = answer(count++, path);
    if (status === undefined) return;
    if (status < 300) exports.push({ path, headers: request.headers, body });
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = (path: string): unknown[] =>
    exports.filter((each) => each.path === path).map(({ body }) => JSON.parse(body) as unknown);
  const spans = (): readonly SpanData[] => at("/v1/traces").flatMap(readSpans);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exports,
    spans,
    metrics: () => at("/v1/metrics").flatMap(readMetrics),
    async untilSpans(wanted, fits = () => true) {
      const until = Date.now() + PATIENCE_MS;
      for (;;) {
        const found = spans().filter(fits);
        if (found.length >= wanted) return found;
        if (Date.now() > until) throw new Error(`${found.length} of ${wanted} spans came`);
        await sleep(20);
      }
    },
    forget() {
      exports.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
