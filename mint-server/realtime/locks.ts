import type { Caller } from "../credentials/verify.ts";
import { type Fields, isFields } from "./events.ts";

/** What a grant settles of a session before its client has said anything. */
export interface SessionLocks {
  /** Fields of GA's session that stay as they are, whatever the client sends. */
  readonly locked: Fields;
  /** The other fields that a client may fill, where a template says so; absent: all that the API has. */
  readonly allow?: ReadonlySet<string>;
}

/** The locks of a credential: those of its organisation's template, and those that it was issued with. */
export function locksOf({ grant, org }: Pick<Caller, "grant" | "org">): SessionLocks {
  const template = grant.template === undefined ? undefined : org?.templates.get(grant.template);
  const { type: _, ...asked } = grant.session ?? {};
  if (!template) return { locked: asked };
  const { model: __, type: ___, ...fixed } = template.fixed;
  // The organisation's word goes before that of who asked for the credential.
  // A client must be able to say what its sound is like; of what else `audio` holds, the template's word stands.
  return { locked: merged(asked, fixed), allow: new Set([...template.allow, "audio"]) };
}

/** `base` with all of `over` in it: objects member by member, everything else replaced. */
export function merged(base: Fields, over: Fields): Fields {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const before = Object.hasOwn(result, name) ? result[name] : undefined;
    result[name] = isFields(value) && isFields(before) ? merged(before, value) : value;
  }
  return result;
}
