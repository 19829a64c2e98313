import { createStore } from "./store.ts";

/** Where the person is: the hash of the address, such as `cache` for `#/cache`. Empty: the chat. */
export const place = createStore<{ readonly id: string }>({ id: placeOf(location.hash) });

addEventListener("hashchange", () => place.patch({ id: placeOf(location.hash) }));

function placeOf(hash: string): string {
  return /^#\/([\w-]+)$/.exec(hash)?.[1] ?? "";
}

/** Goes to a page, or with an empty id to the chat. */
export function goTo(id: string): void {
  if (place.get().id !== id) location.hash = `#/${id}`;
}
