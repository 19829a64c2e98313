import type { Ending } from "./close-codes.ts";
import { type Fields, fieldsOf, isFields, newEventId, type RealtimeEvent } from "./events.ts";
import type { LeashRules } from "./leash-rules.ts";
import { checkItem, leashSession } from "./leash-session.ts";

/** What is to be done about an event of a call. */
export type CallStep =
  | { readonly kind: "send"; readonly event: RealtimeEvent }
  | { readonly kind: "end"; readonly ending: Ending };

/** Holds a call to its session. It hears what has happened, and sets it right again. Pure: no socket, no clock. */
export interface CallWatch {
  read(event: RealtimeEvent): readonly CallStep[];
  /** Locks the output tokens of the responses to come. */
  limitOutput(maxOutputTokens: number): readonly CallStep[];
}

/** So often a client may change what it must not. Its library may do so once or twice without meaning it. */
const MAX_BREACHES = 8;
const BREACHED: Ending = { code: 1008, reason: "insufficient_scope" };

export function createCallWatch(rules: LeashRules, maxOutputTokens?: number): CallWatch {
  let cap = maxOutputTokens;
  let breaches = 0;
  const running = new Set<unknown>();

  const current = (): LeashRules => ({ ...rules, ...(cap !== undefined && { maxOutputTokens: cap }) });
  const breached = (...steps: readonly CallStep[]): readonly CallStep[] => {
    breaches += 1;
    return breaches > MAX_BREACHES ? [{ kind: "end", ending: BREACHED }] : steps;
  };
  const send = (type: string, fields: Fields = {}): CallStep => ({
    kind: "send",
    event: { type, event_id: newEventId(), ...fields },
  });
  const stopped = (): readonly CallStep[] => (running.size > 0 ? [send("response.cancel")] : []);

  const readSession = (session: Fields): readonly CallStep[] => {
    const wanted = repair(current(), session);
    if (!wanted) return [];
    return breached(...stopped(), send("session.update", { session: wanted }));
  };

  return {
    read(event) {
      switch (event.type) {
        case "session.created":
        case "session.updated":
          return readSession(fieldsOf(event.session));
        case "conversation.item.added": {
          const item = fieldsOf(event.item);
          if (item.role === "assistant" || checkItem(rules, item, "item").ok) return [];
          return breached(...stopped(), send("conversation.item.delete", { item_id: item.id }));
        }
        case "response.created": {
          const response = fieldsOf(event.response);
          running.add(response.id);
          return isOverCap(response, cap) ? breached(send("response.cancel", { response_id: response.id })) : [];
        }
        case "response.done":
          running.delete(fieldsOf(event.response).id);
          return [];
        default:
          return isHosted(event.type) && !rules.hasFeature("hosted_tools") ? [{ kind: "end", ending: BREACHED }] : [];
      }
    },
    limitOutput(most) {
      if (cap === most) return [];
      cap = most;
      return [send("session.update", { session: { type: "realtime", max_output_tokens: most } })];
    },
  };
}

/** What has to be said to bring a session back; `undefined` where all holds. */
function repair(rules: LeashRules, session: Fields): Fields | undefined {
  const type = session.type === "transcription" ? "transcription" : "realtime";
  const leashed = leashSession(rules, { type, max_output_tokens: session.max_output_tokens });
  const held = leashed.ok ? leashed.value.session : {};
  const broken = Object.entries(held).filter(
    ([name, value]) => name !== "type" && value !== undefined && !holds(value, session[name]),
  );
  const tools = functionsOnly(rules, session, broken);
  return broken.length === 0 && !tools ? undefined : { type, ...Object.fromEntries(broken), ...tools };
}

function functionsOnly(
  rules: LeashRules,
  { tools }: Fields,
  broken: readonly (readonly [string, unknown])[],
): Fields | undefined {
  if (rules.hasFeature("hosted_tools") || broken.some(([name]) => name === "tools") || !Array.isArray(tools))
    return undefined;
  const functions = tools.filter((tool) => fieldsOf(tool).type === "function");
  return functions.length < tools.length ? { tools: functions } : undefined;
}

/** Whether what is held stands in what there is: a provider adds its defaults to objects. */
function holds(wanted: unknown, found: unknown): boolean {
  if (isFields(wanted)) {
    return isFields(found) && Object.entries(wanted).every(([name, value]) => holds(value, found[name]));
  }
  if (!Array.isArray(wanted)) return wanted === found || (wanted === null && found === undefined);
  const list = Array.isArray(found) ? found : [];
  return list.length === wanted.length && wanted.every((value, index) => holds(value, list[index]));
}

function isOverCap({ max_output_tokens: asked }: Fields, cap: number | undefined): boolean {
  return cap !== undefined && asked !== undefined && (typeof asked !== "number" || asked > cap);
}

function isHosted(type: string): boolean {
  return type.startsWith("mcp_list_tools.") || type.startsWith("response.mcp_call");
}
