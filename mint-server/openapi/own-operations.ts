import type { OperationNotes } from "./operation.ts";
import { inHeader, inPath, inQuery } from "./parameters.ts";
import type { Schema } from "./schema.ts";

const ofOrg = inPath("name", "The organisation's name.");
const ofKey = inPath("id", "The key's id, as `keys` of the organisation shows it.");
const after = inQuery("after", "Names after this one.");
const limit = inQuery("limit", "Most rows.", { type: "integer", minimum: 1, maximum: 1000 });
const orgName: Schema = { $ref: "#/components/parameters/OrgName" };

/** Notes on the routes whose bodies are the mint-server's own, by method and path of the table. */
export const OWN_OPERATIONS: Readonly<Record<string, OperationNotes>> = {
  "POST /credentials": {
    id: "issueCredential",
    summary: "Issue a temporary credential",
    description: "For a key: a temporary credential issues no other.",
    parameters: [orgName],
    request: "CredentialOrder",
    answer: "IssuedCredential",
  },
  "POST /credentials/session": {
    id: "openSession",
    summary: "Issue a temporary credential to a browser",
    description:
      "From an allowed origin, with a proof of the browser's key in `DPoP`. The app's own session goes along as the organisation's `sessions.authorize` asks: as `Authorization: Bearer`, as a cookie, or not at all.",
    parameters: [orgName, { ...inHeader("DPoP", "A proof of the browser's key (RFC 9449)."), required: true }],
    request: "SessionRequest",
    answer: "IssuedCredential",
    failures: ["400", "401", "403", "429", "503"],
    answerHeaders: ["DpopNonce"],
  },
  "POST /credentials/revoke": {
    id: "revokeCredentials",
    summary: "Revoke one credential, a subject's, or all",
    description: "For the key that issued them. It holds for everything that was issued up to now.",
    parameters: [orgName],
    request: "Revocation",
    answer: "Revoked",
  },
  "POST /answers/cancel": {
    id: "cancelAnswer",
    summary: "Stop an answer for good",
    request: json({
      type: "object",
      properties: { idempotency_key: { type: "string", pattern: "^[ -~]{1,255}$" } },
      required: ["idempotency_key"],
      additionalProperties: false,
    }),
    answer: json({
      type: "object",
      properties: { cancelled: { type: "boolean", description: "Whether it was running." } },
      required: ["cancelled"],
      additionalProperties: false,
    }),
  },
  "GET /models": { id: "listModels", summary: "List the models that the caller may use", answer: "ModelList" },
  "GET /models/:model{.+}": {
    id: "getModel",
    summary: "Describe a model",
    parameters: [inPath("model", "The model's id. It may hold slashes.")],
    answer: "Model",
  },
  "GET /usage": { id: "getUsage", summary: "Tell what the caller has used of its limits", answer: "Usage" },
  "GET /admin/orgs": {
    id: "listOrganisations",
    summary: "List the organisations",
    parameters: [after, limit],
    answer: "OrganisationList",
  },
  "GET /admin/orgs/:name": {
    id: "getOrganisation",
    summary: "Show an organisation, without its secrets",
    parameters: [ofOrg],
    answer: "Organisation",
  },
  "PUT /admin/orgs/:name": {
    id: "putOrganisation",
    summary: "Make an organisation, or replace it",
    parameters: [ofOrg],
    request: "Organisation",
    answer: "Organisation",
    statuses: [200, 201],
  },
  "DELETE /admin/orgs/:name": {
    id: "deleteOrganisation",
    summary: "Delete an organisation, and revoke its credentials",
    parameters: [ofOrg],
    answer: "Deleted",
  },
  "POST /admin/orgs/:name/keys": {
    id: "makeProjectKey",
    summary: "Make a project key",
    parameters: [ofOrg],
    answer: "ProjectKey",
    statuses: [201],
  },
  "DELETE /admin/orgs/:name/keys/:id": {
    id: "deleteProjectKey",
    summary: "Delete a project key",
    parameters: [ofOrg, ofKey],
    answer: "Deleted",
  },
  "GET /admin/audit": {
    id: "getAudit",
    summary: "Tell who changed what, newest first",
    parameters: [inQuery("before", "Rows before the one of this id.", { type: "integer", minimum: 1 }), limit],
    answer: "AuditList",
  },
  "GET /admin/usage": {
    id: "getUsageOf",
    summary: "Tell what was counted for an organisation, or for one subject of it, on a day",
    parameters: [
      inQuery("org", "`default` unless given."),
      inQuery("subject", "The whole organisation unless given."),
      inQuery("day", "Today, by UTC, unless given.", { type: "string", format: "date" }),
    ],
    answer: "CountedUsage",
  },
  "POST /admin/reseal": {
    id: "reseal",
    summary: "Seal what is stored under the newest secret",
    parameters: [
      after,
      inQuery("discard", "`keys`: gives up the project keys of all organisations, where they cannot be read.", {
        const: "keys",
      }),
    ],
    answer: "Resealed",
  },
  "GET /health": { id: "getHealth", summary: "Tell that the server is there", answer: "Health" },
  "GET /openapi.json": { id: "getDescription", summary: "Describe the API", answer: "Anything" },
  "GET /metrics": {
    id: "getMetrics",
    summary: "Tell what this instance has counted",
    description: "In Prometheus' text format. A 404 where no `METRICS_KEY` is set.",
    answer: { "text/plain": { schema: { type: "string" } } },
  },
  "GET /.well-known/jwks.json": {
    id: "getPublicKeys",
    summary: "Show the public keys that credentials are signed with",
    answer: "PublicKeys",
  },
};

function json(schema: Schema): Schema {
  return { "application/json": { schema } };
}
