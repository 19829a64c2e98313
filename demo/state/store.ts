import { useEffect, useState } from "preact/hooks";

/** One value, and those who want to know when it changes. */
export interface Store<T> {
  get(): T;
  /** Replaces the named members. */
  patch(change: Partial<T>): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  const listeners = new Set<() => void>();
  let value = initial;
  return {
    get: () => value,
    patch(change) {
      value = { ...value, ...change };
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A component's view of a store: renders again only when what it picked has changed. */
export function useStore<T, P>(store: Store<T>, pick: (value: T) => P): P {
  const picked = pick(store.get());
  const [, render] = useState({});
  useEffect(() => {
    let seen = picked;
    const look = (): void => {
      const now = pick(store.get());
      if (Object.is(now, seen)) return;
      seen = now;
      render({});
    };
    look();
    return store.subscribe(look);
  });
  return picked;
}
