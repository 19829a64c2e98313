import type { Feature } from "../contract/credential.ts";
import { allowsModel } from "../credentials/claims.ts";
import type { Caller } from "../credentials/verify.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import { type Fields, fieldsOf, isFields } from "./events.ts";
import { locksOf } from "./locks.ts";

/** Every field of a Live session that a credential may ask for (`MediaSessionConfig` of OpenAI's API). */
const FIELDS: ReadonlySet<string> = new Set([
  ...["model", "audio", "client", "delegation", "input", "instructions", "safety_identifier", "store", "triggers"],
]);
/** What a page may say over its data channel, whatever its credential allows. */
const EVENTS = [
  "session.input_audio.mute",
  "session.input_audio.unmute",
  "session.commentary.append",
  "session.thinking.append",
  "session.close",
];
const OF_RESPONSES = ["response.item.create", "response.create"];
const OF_DECISIONS = ["decision.create", "decision.item.create", "decision.item.delete"];

/**
 * A Live session that a credential asked for, as it may be: with what is locked in it, and with what its page may say limited
 * at the provider. What the page says goes past this server, but the provider holds a page's data channel to what its
 * session allows. `session.update` is on no list: it would change whom a session delegates to.
 */
export function leashLive(caller: Caller, session: Fields): Result<Fields> {
  const unknown = Object.keys(session).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) {
    const param = `session.${unknown.slice(0, 100)}`;
    return fail({ kind: "bad_field", param, detail: `\`${param}\` is not a known field.` });
  }
  const { locked, allow } = locksOf(caller);
  if (caller.grant.session?.type === "transcription")
    return refuse("type", "This credential is for sessions that only write down what is said.");
  const homeless = lockedElsewhere(locked);
  if (homeless !== undefined)
    return refuse(homeless, `This credential locks \`${homeless}\`, which Live sessions do not have.`);
  const isFree = (name: string): boolean => allow === undefined || allow.has(name) || name === "client";
  const free = Object.fromEntries(Object.entries(session).filter(([name]) => isFree(name)));
  const checked = checkStore(caller, free) ?? checkBackend(caller, free) ?? checkInput(locked, free);
  if (checked) return fail(checked);
  const voice = fieldsOf(fieldsOf(locked.audio).output).voice;
  return ok({
    ...free,
    ...(locked.instructions !== undefined && { instructions: locked.instructions }),
    ...(voice !== undefined && { audio: { output: { voice } } }),
    client: { data_channel: dataChannel(locked, free) },
  });
}

/** A lock that a Live session has no place for would not hold. */
function lockedElsewhere({ model: _, instructions: __, audio, ...others }: Fields): string | undefined {
  const [name] = Object.keys(others);
  if (name !== undefined) return name;
  const { output, ...sides } = fieldsOf(audio);
  const { voice: ___, ...rest } = fieldsOf(output);
  return Object.keys(sides).length + Object.keys(rest).length > 0 ? "audio" : undefined;
}

function checkStore(caller: Caller, { store }: Fields): Failure | undefined {
  return store === undefined || store === null || store === false
    ? undefined
    : lacking(caller, "store", "session.store");
}

/** What a session delegates to at the provider is another model, with tools of its own, and is charged apart. */
function checkBackend(caller: Caller, { delegation, triggers }: Fields): Failure | undefined {
  const { type } = fieldsOf(delegation);
  const isClients = delegation === undefined || delegation === null || type === "client";
  if (isClients && (triggers === undefined || isEmpty(triggers))) return undefined;
  const param = isClients ? "session.triggers" : "session.delegation";
  const isCounted = [caller.grant.limits, caller.org?.limits].some((limits) => limits?.usd !== undefined);
  if (isCounted)
    return denied(param, "This credential's money is limited, and what a session delegates to cannot be paid ahead.");
  const given = [delegation, triggers];
  const strange = modelsIn(given).find((model) => typeof model !== "string" || !allowsModel(caller.grant, model));
  if (strange !== undefined)
    return denied("model", "This credential does not cover the model that the session delegates to.");
  const { service_tier: tier } = fieldsOf(fieldsOf(delegation).responses);
  const tiered = tier === undefined || tier === null ? undefined : lacking(caller, "service_tier", param);
  return tiered ?? lacking(caller, "hosted_tools", param);
}

/** Items in the developer's name are instructions. */
function checkInput({ instructions }: Fields, { input }: Fields): Failure | undefined {
  if (input === undefined || input === null) return undefined;
  if (!Array.isArray(input))
    return { kind: "bad_field", param: "session.input", detail: "`session.input` must be a list." };
  const at = input.findIndex((item) => !["user", "assistant"].includes(String(fieldsOf(item).role)));
  if (instructions === undefined || at < 0) return undefined;
  return denied(
    `session.input[${at}].role`,
    "This credential's instructions are settled: items of the developer are not taken.",
  );
}

function dataChannel({ instructions }: Fields, { client, delegation, triggers }: Fields): Fields {
  const { allowed_client_events: asked, allowed_server_events: heard } = fieldsOf(fieldsOf(client).data_channel);
  const { type } = fieldsOf(delegation);
  const allowed = [
    ...EVENTS,
    ...(instructions === undefined ? ["session.instructions.append"] : []),
    ...(type === "responses" ? OF_RESPONSES : []),
    ...(type === "decisions" || (triggers !== undefined && !isEmpty(triggers)) ? OF_DECISIONS : []),
  ];
  return {
    allowed_client_events: Array.isArray(asked) ? allowed.filter((event) => asked.includes(event)) : allowed,
    ...(heard !== undefined && { allowed_server_events: heard }),
  };
}

/** Whatever is called `model`, wherever it stands. */
function modelsIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap(modelsIn);
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => (name === "model" ? [member] : modelsIn(member)));
}

function isEmpty(value: unknown): boolean {
  return value === null || (Array.isArray(value) && value.length === 0);
}

function lacking({ grant }: Caller, feature: Feature, param: string): Failure | undefined {
  if (grant.features?.includes(feature)) return undefined;
  return denied(param, `This credential does not cover \`${feature}\`.`);
}

function denied(param: string, detail: string): Failure {
  return { kind: "insufficient_scope", param, detail };
}

function refuse(param: string, detail: string): Result<never> {
  return fail(denied(param, detail));
}
