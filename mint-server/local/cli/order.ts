import { FEATURES } from "../../contract/credential.ts";
import { type OrderFormInput, parseOrderForm } from "../../credentials/order-form.ts";
import { describe } from "../../failure-answers.ts";
import { parseDuration } from "./duration.ts";
import type { Options, Values } from "./options.ts";
import { UsageError } from "./terminal.ts";

/** Options that say what a credential allows, as `POST /credentials` names it. */
export const ORDER = {
  model: {
    type: "string",
    multiple: true,
    value: "ID",
    help: "model it is good for, `*` may end it; any unless given",
  },
  ttl: { type: "string", value: "TIME", help: "how long it lives, such as 90s, 10m, 2h; ten minutes unless given" },
  subject: {
    type: "string",
    value: "NAME",
    help: "whom it speaks for; with --server, for the key itself unless given",
  },
  usd: { type: "string", value: "N", help: "US dollars that it may spend" },
  tokens: { type: "string", value: "N", help: "tokens that it may use" },
  requests: { type: "string", value: "N", help: "requests that it may make" },
  "requests-per-minute": { type: "string", value: "N", help: "requests in any minute" },
  "max-tokens-per-request": { type: "string", value: "N", help: "tokens of one request" },
  "realtime-seconds": { type: "string", value: "N", help: "seconds of realtime sessions" },
  "realtime-sessions": { type: "string", value: "N", help: "realtime sessions open at once" },
  "realtime-idle-seconds": { type: "string", value: "N", help: "longest silence in a realtime session" },
  per: {
    type: "string",
    value: "SPAN",
    help: "what those count over: credential, or the subject's hour, day, month or total",
  },
  endpoint: {
    type: "string",
    multiple: true,
    value: "NAME",
    help: "endpoint, such as chat/completions; all unless given",
  },
  origin: { type: "string", multiple: true, value: "URL", help: "origin whose pages may use it" },
  feature: { type: "string", multiple: true, value: "NAME", help: `leave for ${FEATURES.join(", ")}` },
  template: { type: "string", value: "NAME", help: "template of the organisation that every request follows" },
  "project-name": { type: "string", value: "NAME", help: "project to log its requests under" },
  jkt: { type: "string", value: "HASH", help: "thumbprint of the key to bind it to" },
} as const satisfies Options;

/** Limits by the option that sets each. */
const LIMITS = {
  usd: "usd",
  tokens: "tokens",
  requests: "requests",
  "requests-per-minute": "requestsPerMinute",
  "max-tokens-per-request": "maxTokensPerRequest",
  "realtime-seconds": "realtimeSeconds",
  "realtime-sessions": "realtimeSessions",
  "realtime-idle-seconds": "realtimeIdleSeconds",
  per: "per",
} as const;

/** Options by the field that each sets, as errors name it. */
const OPTION_BY_FIELD: ReadonlyMap<string, string> = new Map([
  ["models", "model"],
  ["ttl_seconds", "ttl"],
  ["endpoints", "endpoint"],
  ["origins", "origin"],
  ["features", "feature"],
  ["logging.project_name", "project-name"],
  ...["subject", "template", "jkt", "org"].map((name) => [name, name] as const),
  ...Object.entries(LIMITS).map(([option, field]) => [`limits.${field}`, option] as const),
]);

/**
 * The order that a command line makes, checked as the mint-server will check it.
 *
 * @throws {UsageError} that names the option at fault.
 */
export function orderOf(values: Values<typeof ORDER>): OrderFormInput {
  const { model, ttl, subject, endpoint, origin, feature, template, jkt, "project-name": project } = values;
  const limits = limitsOf(values);
  const order = {
    ...(model && { models: model }),
    ...(ttl !== undefined && { ttl_seconds: secondsOf(ttl) }),
    ...(subject !== undefined && { subject }),
    ...(endpoint && { endpoints: endpoint }),
    ...(origin && { origins: origin }),
    ...(feature && { features: feature }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(template !== undefined && { template }),
    ...(jkt !== undefined && { jkt }),
    ...(project !== undefined && { logging: { project_name: project } }),
  };
  const checked = parseOrderForm(order);
  if (!checked.ok) throw new UsageError(inOptions(describe(checked.failure).details.message));
  return order as OrderFormInput;
}

function limitsOf(values: Values<typeof ORDER>): Record<string, number | string> {
  const limits: Record<string, number | string> = {};
  for (const option of Object.keys(LIMITS) as (keyof typeof LIMITS)[]) {
    const text = values[option];
    if (text !== undefined) limits[LIMITS[option]] = option === "per" ? text : numberOf(text, option);
  }
  return limits;
}

function numberOf(text: string, option: string): number {
  if (!/^\d{1,15}(\.\d{1,9})?$/.test(text)) throw new UsageError(`--${option} must be a number, such as 20 or 0.10`);
  return Number(text);
}

function secondsOf(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new UsageError("--ttl must be a time, such as 90s, 10m or 2h");
  return seconds;
}

/** A complaint about a field as one about its option: `` `limits.usd` must … `` becomes `--usd must …`. */
export function inOptions(message: string): string {
  if (message === "`limits` must hold a limit.") return "--per needs a limit beside it, such as --usd";
  const named = message.replace(/`([\w.]+?)(?:\.\d+)?`/, (whole, field: string) => {
    const option = OPTION_BY_FIELD.get(field);
    return option ? `--${option}` : whole;
  });
  return named.replace(/\.$/, "");
}
