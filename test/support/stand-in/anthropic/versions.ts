import type { Asked } from "../turn.ts";

const NEW = "2026-10-21";

/** Values of `anthropic-version` that are taken. */
export const VERSIONS: readonly string[] = ["2023-06-01", NEW];

/** Whether a request is for the version that has no sampling parameters and looks closer at the messages. */
export function isNewVersion({ headers }: Asked): boolean {
  return headers["anthropic-version"] === NEW;
}
