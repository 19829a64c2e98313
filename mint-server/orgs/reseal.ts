import { describe } from "../failure-answers.ts";
import { type Failure, fail, ok, type Result } from "../failures.ts";
import { askDirectory } from "./ask-directory.ts";
import { type AdminParts, type Author, resealOrg } from "./org-admin.ts";

export interface ResealOrder {
  /** Names after this one. */
  readonly after: string;
  /** Gives up the project keys of all organisations, where they cannot be read. */
  readonly discard: boolean;
  readonly author: Author;
}

/** What became of those that were looked at. */
export interface Resealed {
  readonly resealed: readonly string[];
  /** Those that no live secret opens, with the reason. */
  readonly unreadable: readonly { readonly name: string; readonly message: string }[];
  /** Of what project keys are hashed under. */
  readonly keys: "resealed" | "unchanged" | "discarded" | "unreadable";
  /** To go on after; null: that was all. */
  readonly next: string | null;
}

const PAGE = 500;
/** Each takes two calls, and a request may make only so many. */
const MAX_RESEALED = 100;

/** Seals under the newest secret what is sealed under an older one: a page of organisations at a time. */
export async function reseal(parts: AdminParts, { after, discard, author }: ResealOrder): Promise<Result<Resealed>> {
  const pepper = await parts.hasher.reseal(discard);
  if (!pepper.ok && pepper.failure.kind !== "org_unreadable") return pepper;
  const listed = await askDirectory(parts.reach, (directory) => directory.list({ after, limit: PAGE }));
  if (!listed.ok) return listed;
  const stale = listed.value.filter(({ name, kid }) => kid !== parts.vault.kid && !parts.config.orgs.has(name));
  const now = stale.slice(0, MAX_RESEALED);
  const resealed: string[] = [];
  const unreadable: { name: string; message: string }[] = [];
  for (const { name } of now) {
    const done = await resealOrg(parts, { name, author });
    if (done.ok) resealed.push(name);
    else if (done.failure.kind === "org_unreadable") unreadable.push({ name, message: messageOf(done.failure) });
    else if (done.failure.kind !== "stored_org_not_found") return fail(done.failure);
  }
  const last = stale.length > now.length ? now.at(-1) : listed.value.length === PAGE ? listed.value.at(-1) : undefined;
  return ok({ resealed, unreadable, keys: pepper.ok ? pepper.value : "unreadable", next: last?.name ?? null });
}

function messageOf(failure: Failure): string {
  return describe(failure).details.message;
}
