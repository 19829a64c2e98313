import { createRequire } from "node:module";
import * as incubating from "@opentelemetry/semantic-conventions/incubating";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

/* The receiver that Elastic keeps for its own distribution, and OpenTelemetry's own definitions, which come with it. */

const require = createRequire(import.meta.url);
const { MockOtlpServer } = require("@elastic/mockotlpserver") as {
  readonly MockOtlpServer: new (
    options: object,
  ) => {
    readonly httpUrl: URL;
    start(): Promise<void>;
    close(): Promise<void>;
  };
};
const { getProtoRoot } = require("@elastic/mockotlpserver/lib/proto.js") as {
  readonly getProtoRoot: () => { lookupType(name: string): MessageType };
};

/** As protobuf.js has them. */
interface MessageType {
  /** What is wrong with a message; null: nothing. */
  verify(message: object): string | null;
  fromObject(message: object): object;
  toObject(message: object, options: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}

const COLLECTOR = "opentelemetry.proto.collector";
const PLAIN = { longs: String, bytes: String };

interface Received {
  readonly traces: object[];
  readonly metrics: object[];
  readonly parents: unknown[];
}

const received: Received = { traces: [], metrics: [], parents: [] };
const receiver = new MockOtlpServer({
  services: ["http"],
  httpHostname: "127.0.0.1",
  httpPort: 0,
  logLevel: "warn",
  onTrace: (message: object) => received.traces.push(message),
  onMetrics: (message: object) => received.metrics.push(message),
  onRequest: ({ headers }: { readonly headers: Record<string, unknown> }) =>
    received.parents.push(headers["x-bt-parent"]),
});

let rig: Rig;
beforeAll(async () => {
  await receiver.start();
  rig = await startRig({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl.origin } });
  const { key } = await rig.issue({ logging: { project_name: "receivers" } });
  for (const stream of [true, false]) {
    const answer = await rig.post("chat/completions", chat({}, { stream }), { authorization: `Bearer ${key}` });
    expect(answer.status).toBe(200);
    await answer.text();
  }
  await vi.waitUntil(() => spansIn(received.traces).filter(isOfModel).length === 2, { timeout: 10_000 });
  await vi.waitUntil(() => namesOf(received.metrics).includes("gen_ai.client.token.usage"), { timeout: 10_000 });
});
afterAll(async () => {
  await rig.stop();
  await receiver.close();
});

/** All values under a name, however deep. */
function valuesOf(name: string, value: unknown): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key === name ? [member] : []),
    ...valuesOf(name, member),
  ]);
}

const spansIn = (messages: readonly object[]): unknown[] => valuesOf("spans", messages).flat();
const namesOf = (messages: readonly object[]): unknown[] => valuesOf("name", messages);
const isOfModel = (span: unknown): boolean => valuesOf("key", span).includes("gen_ai.operation.name");

test("a maintained receiver gets spans and metrics, with the conventions' names", () => {
  const known: ReadonlySet<unknown> = new Set(Object.values(incubating));
  const foreign = valuesOf("key", [received.traces, received.metrics]).filter(
    (key) => !known.has(key) && !String(key).startsWith("mintgate."),
  );
  expect(foreign).toEqual([]);
  expect(spansIn(received.traces).filter(isOfModel)).toHaveLength(2);
});

test("a credential's project comes as the export's parent", () => {
  expect(received.parents).toContain("project_name:receivers");
});

test.each([
  ["traces", "trace.v1.ExportTraceServiceRequest"],
  ["metrics", "metrics.v1.ExportMetricsServiceRequest"],
] as const)("%s: OpenTelemetry's own definitions read all of a message", (kind, type) => {
  const definition = getProtoRoot().lookupType(`${COLLECTOR}.${type}`);
  expect(received[kind].length).toBeGreaterThan(0);
  for (const message of received[kind]) {
    const asDefined = withBytes(message);
    const read = definition.fromObject(asDefined);
    expect(definition.verify(read)).toBeNull();
    const bytes = definition.encode(read).finish();
    expect(plain(definition.toObject(definition.decode(bytes), PLAIN))).toEqual(plain(asDefined));
  }
});

const IDS = ["traceId", "spanId", "parentSpanId"];

/** Ids are hexadecimal in OTLP's JSON, and base64 in that of all other messages. */
function withBytes(message: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(message), (key, value: unknown) =>
    IDS.includes(key) ? Buffer.from(String(value), "hex").toString("base64") : value,
  ) as Record<string, unknown>;
}

/** Numbers of 64 bits may be text or not. */
function plain(message: object): unknown {
  return JSON.parse(JSON.stringify(message), (_, value: unknown) => (typeof value === "number" ? `${value}` : value));
}
