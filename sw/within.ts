/** What `work` resolves to; `undefined` if it throws or rejects, or takes longer than `timeoutMs`. */
export function within<T>(work: () => Promise<T>, timeoutMs: number): Promise<T | undefined> {
  return new Promise((resolve) => {
    const give = () => resolve(undefined);
    const timer = setTimeout(give, timeoutMs);
    (async () => work())()
      .then(resolve, give)
      .finally(() => clearTimeout(timer));
  });
}
