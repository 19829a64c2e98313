/**
 * What loads when it is first needed, and is at hand from then on. Only what was loaded is shared, never its promise: on
 * workerd a promise ends with the request that made it.
 */
export function lazy<T>(load: () => Promise<T>): () => T | Promise<T> {
  let loaded: T | undefined;
  return () => {
    if (loaded !== undefined) return loaded;
    return load().then((value) => {
      loaded = value;
      return value;
    });
  };
}
