import { createStore } from "./store.ts";

/** Keys that the person typed in. In this tab's memory, and nowhere else: a reload forgets them. */
export const keys = createStore({ project: "", admin: "" });

export function forgetKeys(): void {
  keys.patch({ project: "", admin: "" });
}
