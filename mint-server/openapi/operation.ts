import type { RouteRow } from "../routes.ts";
import { type Schema, schemaRef } from "./schema.ts";

/** What a route's description says beyond what its row in the table does. */
export interface OperationNotes {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Schema[];
  /** Name of the body's schema, or the body whole. */
  readonly request?: string | Schema;
  /** Name of the answer's schema, or its content whole; absent where it has no body. */
  readonly answer?: string | Schema;
  /** 200 alone unless given. */
  readonly statuses?: readonly number[];
  readonly answerHeaders?: readonly AnswerHeader[];
  /** Statuses of failures beside those that its access brings. */
  readonly failures?: readonly string[];
  /** Whose page describes request and answer. */
  readonly see?: { readonly name: string; readonly url: string };
}

/** Headers of every call of a model, as parameters. */
export const CALL_PARAMETERS: readonly string[] = [
  "OrgName",
  "EndpointName",
  "UseCache",
  "CacheTtl",
  "UseCredsCache",
  "Parent",
  "IdempotencyKey",
  "Hold",
  "Position",
  "Completeness",
];

/** What any answer to a caller may carry. */
const CALLER_HEADERS: readonly AnswerHeader[] = ["ServerTiming", "DpopNonce"];

const FAILURES: Readonly<Record<RouteRow["access"], readonly string[]>> = {
  public: [],
  reader: ["401"],
  admin: ["400", "401", "403", "404", "409", "500", "503"],
  caller: ["400", "401", "402", "403", "404", "429", "503"],
};

/** Failures of what a provider is asked for. */
const CALL_FAILURES: readonly string[] = ["409", "413", "422", "500", "502", "504"];

const SECURITY: Readonly<Record<RouteRow["access"], readonly Schema[]>> = {
  public: [],
  reader: [{ metricsKey: [] }],
  admin: [{ adminKey: [] }],
  caller: [{ bearer: [] }, { dpop: [], dpopProof: [] }, { xApiKey: [] }, { xGoogApiKey: [] }],
};

/** One operation of the description, from its row and its notes. `errorSchema` names the shape of its failures. */
export function describeOperation(row: RouteRow, notes: OperationNotes, errorSchema = "Error"): Schema {
  const { id, summary, description, parameters, request, answer, statuses = [200], answerHeaders = [], see } = notes;
  const headers = [...answerHeaders, ...(row.access === "caller" ? CALLER_HEADERS : [])];
  return {
    operationId: id,
    tags: [tagOf(row)],
    summary,
    ...(description !== undefined && { description }),
    ...(see && { externalDocs: { description: see.name, url: see.url } }),
    security: SECURITY[row.access],
    ...(parameters && { parameters }),
    ...(request !== undefined && { requestBody: { required: true, content: contentOf(request) } }),
    responses: {
      ...Object.fromEntries(statuses.map((status) => [status, done(status, headers, answer)])),
      ...failuresOf(row, notes, errorSchema),
      default: { $ref: `#/components/responses/${errorSchema}` },
    },
  };
}

function done(status: number, headers: readonly AnswerHeader[], answer: OperationNotes["answer"]): Schema {
  return {
    description: STATUS[status] ?? "Done.",
    ...(headers.length > 0 && { headers: headersOf(headers) }),
    ...(answer !== undefined && { content: contentOf(answer) }),
  };
}

const STATUS: Readonly<Record<number, string>> = {
  101: "The session: from here on a WebSocket.",
  201: "Made.",
};

function failuresOf(row: RouteRow, { failures = [] }: OperationNotes, errorSchema: string): Schema {
  const isCall = row.access === "caller" && row.reserves === true;
  const statuses = [...FAILURES[row.access], ...(isCall ? CALL_FAILURES : []), ...failures];
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${errorSchema}` }]));
}

function contentOf(body: string | Schema): Schema {
  return typeof body === "string" ? { "application/json": { schema: schemaRef(body) } } : body;
}

function headersOf(names: readonly AnswerHeader[]): Schema {
  return Object.fromEntries(names.map((name) => [HEADER_NAMES[name], { $ref: `#/components/headers/${name}` }]));
}

/** Answer headers, by the name of their component. */
export const HEADER_NAMES = {
  Cached: "x-bt-cached",
  Age: "age",
  UsedEndpoint: "x-bt-used-endpoint",
  Source: "x-mintgate-source",
  Remaining: "x-mintgate-remaining",
  PositionOfAnswer: "x-mintgate-position",
  ServerTiming: "server-timing",
  DpopNonce: "dpop-nonce",
  RetryAfter: "retry-after",
  RequestId: "x-request-id",
  Location: "location",
} as const;

export type AnswerHeader = keyof typeof HEADER_NAMES;

function tagOf({ access, path }: RouteRow): string {
  if (access === "admin") return "admin";
  if (path.startsWith("/credentials")) return "credentials";
  if (path.startsWith("/realtime") || path.startsWith("/google/ws")) return "realtime";
  return access === "caller" ? "models" : "server";
}
