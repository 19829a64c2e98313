import { shardOf } from "../answers/place.ts";
import type { Caller } from "../credentials/verify.ts";

/** Where sealed responses lie, of which nothing can be read there. */
export interface ResponseShelf {
  put(place: ShelfPlace, sealed: Uint8Array<ArrayBuffer>, expiresMs: number): Promise<void>;
  /** What lies at places of one owner, in their order; undefined where nothing is there, or any more. */
  get(places: readonly ShelfPlace[]): Promise<readonly (Uint8Array<ArrayBuffer> | undefined)[]>;
}

/** Where a response lies. */
export interface ShelfPlace {
  readonly caller: Caller;
  /** Stands for whose it is. */
  readonly owner: string;
  readonly name: string;
}

/** What can be asked of an object that has responses. */
export interface ResponseHost {
  putResponse(owner: string, name: string, sealed: Uint8Array<ArrayBuffer>, expiresMs: number): Promise<void>;
  getResponses(owner: string, names: readonly string[]): Promise<(Uint8Array<ArrayBuffer> | undefined)[]>;
}

/** All of a caller's lie in one object, so that what was put there is found at once, from wherever it is asked for. */
export function createObjectShelf(namespace: { getByName(name: string): ResponseHost }): ResponseShelf {
  const hostOf = ({ caller }: ShelfPlace): ResponseHost => namespace.getByName(shardOf(caller, undefined));
  return {
    put: (place, sealed, expiresMs) => hostOf(place).putResponse(place.owner, place.name, sealed, expiresMs),
    async get(places) {
      const [first] = places;
      const names = places.map(({ name }) => name);
      return first ? hostOf(first).getResponses(first.owner, names) : [];
    },
  };
}
