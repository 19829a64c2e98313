import type { Feature, Grant } from "../contract/credential.ts";
import { fail, ok, type Result } from "../failures.ts";
import { asObjects } from "../wire/read.ts";

type Body = Readonly<Record<string, unknown>>;

/** A request that an organisation has written, into which a caller may only fill some fields. */
export interface Template {
  readonly name: string;
  /** Name of the one endpoint, as grants list it. */
  readonly endpoint: string;
  /** The one model. */
  readonly model: string;
  /** What every request holds; without the conversation, and without the model where the path has it. */
  readonly fixed: Body;
  /** Fields that the caller may fill. */
  readonly allow: ReadonlySet<string>;
  /** What the template itself uses and the caller need not be granted. */
  readonly features: readonly Feature[];
  /** Present where the caller's turns follow those of the template. */
  readonly conversation?: Conversation;
}

export interface Conversation {
  readonly field: string;
  /** The template's own turns, which come first. */
  readonly before: readonly unknown[];
  /** Whose turns a caller may send. */
  readonly roles: readonly string[];
  /** Role of a turn that names none; absent where each must. */
  readonly defaultRole?: string;
  /** Types of items other than messages that a caller may send; absent where there are messages alone. */
  readonly items?: readonly string[];
  /** Types of a turn's parts that a caller may not send: those that change what only the template says. */
  readonly noParts?: readonly string[];
}

/** What a credential with a template is good for: its endpoint and its model, and of the features those that it uses itself. */
export function templateGrant({ name, endpoint, model, features }: Template): Omit<Grant, "org"> {
  return { template: name, endpoints: [endpoint], models: [model], ...(features.length > 0 && { features }) };
}

/**
 * The request that goes to the model: the template's fields, and of the caller's those that it may fill. Everything else
 * is refused by name, unless it says what the template says anyway. The caller's body stays as it is.
 */
export function applyTemplate(template: Template, endpointName: string, body: Body): Result<Record<string, unknown>> {
  if (endpointName !== template.endpoint) return refused(null, `covers ${template.endpoint} alone`);
  const { fixed, allow, conversation } = template;
  const filled: Record<string, unknown> = { ...fixed };
  if (conversation && conversation.before.length > 0) filled[conversation.field] = conversation.before;
  for (const [name, value] of Object.entries(body)) {
    if (name === conversation?.field) {
      const joined = join(conversation, value);
      if (!joined.ok) return joined;
      filled[name] = joined.value;
    } else if (allow.has(name)) {
      filled[name] = value;
    } else if (!isSaidAnyway(template, name, value)) {
      return refused(name, `leaves no room for \`${name.slice(0, MAX_NAME_LENGTH)}\``);
    }
  }
  return ok(filled);
}

const MAX_NAME_LENGTH = 64;

/** `null` is how some clients leave a field out. */
function isSaidAnyway({ model, fixed }: Template, name: string, value: unknown): boolean {
  if (value === null) return true;
  return name === "model" ? value === model : Object.hasOwn(fixed, name) && isSame(value, fixed[name]);
}

function join(conversation: Conversation, value: unknown): Result<unknown> {
  const { field, before, items } = conversation;
  if (items && typeof value === "string") {
    return ok(before.length === 0 ? value : [...before, { role: "user", content: value }]);
  }
  if (!Array.isArray(value)) return fail({ kind: "bad_field", param: field, detail: `\`${field}\` must be an array.` });
  const wrong = value.findIndex((turn) => !allowsTurn(conversation, turn));
  if (wrong < 0) return ok([...before, ...value]);
  return refused(`${field}[${wrong}]`, `takes turns of ${conversation.roles.join(", ")} alone`);
}

function allowsTurn({ roles, defaultRole, items, noParts }: Conversation, turn: unknown): boolean {
  if (typeof turn !== "object" || turn === null) return false;
  const { role = defaultRole, type, content } = turn as Body;
  if (noParts && asObjects(content).some((part) => noParts.some((refused) => refused === part.type))) return false;
  if (items && type !== undefined && type !== "message") return items.some((item) => item === type);
  return roles.some((allowed) => allowed === role);
}

function refused(param: string | null, problem: string) {
  return fail({ kind: "insufficient_scope", param, detail: `This credential's template ${problem}.` });
}

/** Whether two JSON values are the same, in whatever order their members stand. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSame((one as Body)[name], (other as Body)[name]))
  );
}
