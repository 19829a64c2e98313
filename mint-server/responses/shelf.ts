import { shardOf } from "../answers/place.ts";
import type { Caller } from "../credentials/verify.ts";

/** Where sealed responses lie, of which nothing can be read there. */
export interface ResponseShelf {
  put(place: ShelfPlace, sealed: Uint8Array<ArrayBuffer>, expiresMs: number): Promise<void>;
  /** Undefined where nothing is there, or any more. */
  get(place: ShelfPlace): Promise<Uint8Array<ArrayBuffer> | undefined>;
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
  getResponse(owner: string, name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/** All of a caller's lie in one object, so that what was put there is found at once, from wherever it is asked for. */
export function createObjectShelf(namespace: { getByName(name: string): ResponseHost }): ResponseShelf {
  const hostOf = ({ caller }: ShelfPlace): ResponseHost => namespace.getByName(shardOf(caller, undefined));
  return {
    put: (place, sealed, expiresMs) => hostOf(place).putResponse(place.owner, place.name, sealed, expiresMs),
    get: (place) => hostOf(place).getResponse(place.owner, place.name),
  };
}
