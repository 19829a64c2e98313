import type { ResponseShelf, ShelfPlace } from "./shelf.ts";

const MAX_BYTES = 64 * 1024 * 1024;

/** In this process alone, 64 MiB of responses until it ends; what was put first goes first. */
export function createMemoryShelf(clock: () => number = Date.now): ResponseShelf {
  const shelf = new Map<string, { readonly sealed: Uint8Array<ArrayBuffer>; readonly expiresMs: number }>();
  let sizeBytes = 0;
  const drop = (key: string): void => {
    sizeBytes -= shelf.get(key)?.sealed.length ?? 0;
    shelf.delete(key);
  };
  const find = ({ owner, name }: ShelfPlace): Uint8Array<ArrayBuffer> | undefined => {
    const found = shelf.get(`${owner} ${name}`);
    return found && found.expiresMs > clock() ? found.sealed : undefined;
  };
  return {
    async put({ owner, name }, sealed, expiresMs) {
      const key = `${owner} ${name}`;
      drop(key);
      shelf.set(key, { sealed, expiresMs });
      sizeBytes += sealed.length;
      for (const [oldest] of shelf) {
        if (sizeBytes <= MAX_BYTES) break;
        drop(oldest);
      }
    },
    get: async (places) => places.map(find),
  };
}
