import * as v from "valibot";
import { FEATURES, type Grant } from "../contract/credential.ts";
import { GRANTABLE_ENDPOINTS } from "../contract/endpoints.ts";
import { fail, ok, type Result } from "../failures.ts";
import { limitsForm } from "./limits-form.ts";
import { type Template, templateGrant } from "./template.ts";

const MAX_TTL_SECONDS = 86_400;
const DEFAULT_TTL_SECONDS = 600;

const name = (what: string) =>
  v.pipe(v.string(`must be ${what}`), v.minLength(1, "must not be empty"), v.maxLength(256, "is too long"));
const names = (what: string) =>
  v.pipe(v.array(name(`a ${what}`), `must be a list of ${what}s`), v.minLength(1, "must not be empty"));

const origin = v.pipe(
  v.string("must be an origin"),
  v.check(
    (value) => URL.canParse(value) && new URL(value).origin === value,
    "must be an exact origin, such as https://app.example",
  ),
);

const form = v.strictObject({
  model: v.nullish(name("a model id")),
  models: v.nullish(names("model id")),
  endpoints: v.nullish(
    v.pipe(
      v.array(v.picklist(GRANTABLE_ENDPOINTS, "holds a name that is no endpoint")),
      v.minLength(1, "must not be empty"),
    ),
  ),
  origins: v.nullish(v.pipe(v.array(origin), v.minLength(1, "must not be empty"))),
  features: v.nullish(v.array(v.picklist(FEATURES, `may hold ${FEATURES.join(", ")}`))),
  limits: v.nullish(limitsForm),
  template: v.nullish(name("a template's name")),
  subject: v.nullish(name("a subject")),
  jkt: v.nullish(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "must be the SHA-256 thumbprint of a key, as base64url")),
  ),
  ttl_seconds: v.nullish(
    v.pipe(
      v.number("must be a number"),
      v.integer("must be a whole number"),
      v.minValue(1, `must be from 1 to ${MAX_TTL_SECONDS}`),
      v.maxValue(MAX_TTL_SECONDS, `must be from 1 to ${MAX_TTL_SECONDS}`),
    ),
    DEFAULT_TTL_SECONDS,
  ),
  logging: v.nullish(v.strictObject({ project_name: name("a project's name") }, "must be an object")),
});

/** The body of `POST /credentials`, checked. */
export type OrderForm = v.InferOutput<typeof form>;

/** The same, as it may be written. */
export type OrderFormInput = v.InferInput<typeof form>;

/** Whose endpoints serve: an organisation, and the templates that it has. */
export interface Issuer {
  readonly org: string;
  readonly templates?: ReadonlyMap<string, Template> | undefined;
}

/** What a credential that was ordered by a form may do with an organisation's endpoints. */
export function grantOf(form: OrderForm, { org, templates }: Issuer): Result<Grant> {
  const { origins, limits, template, logging } = form;
  const covered = template ? orderedTemplate(form, templates?.get(template)) : ok(orderedScope(form));
  if (!covered.ok) return covered;
  return ok({
    org,
    ...covered.value,
    ...(origins ? { origins } : {}),
    ...(limits ? { limits } : {}),
    ...(logging ? { logging } : {}),
  });
}

type Scope = Pick<Grant, "models" | "endpoints" | "features" | "template">;

function orderedScope({ model, models, endpoints, features }: OrderForm): Scope {
  const covered = [...(model ? [model] : []), ...(models ?? [])];
  return {
    ...(covered.length > 0 ? { models: covered } : {}),
    ...(endpoints ? { endpoints } : {}),
    ...(features && features.length > 0 ? { features } : {}),
  };
}

/** What a template says already. */
const SETTLED = ["model", "models", "endpoints", "features"] as const;

function orderedTemplate(form: OrderForm, template: Template | undefined): Result<Scope> {
  if (!template) return badField("template", "names no template of this organisation");
  const settled = SETTLED.find((name) => form[name] !== undefined && form[name] !== null);
  return settled ? badField(settled, "is settled by the template") : ok(templateGrant(template));
}

/** Checks the body of `POST /credentials`; unknown fields are refused by name. */
export function parseOrderForm(body: Readonly<Record<string, unknown>>): Result<OrderForm> {
  const parsed = v.safeParse(form, body);
  if (parsed.success) return ok(parsed.output);
  const [issue] = parsed.issues;
  const param = v.getDotPath(issue) ?? "body";
  if (issue.type !== "strict_object") return badField(param, issue.message);
  if (issue.expected === "never") return badField(param, "is not a known field");
  return badField(param, issue.received === "undefined" ? "is missing" : issue.message);
}

function badField(param: string, problem: string) {
  return fail({ kind: "bad_field", param, detail: `\`${param}\` ${problem}.` });
}
