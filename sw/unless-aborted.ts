/** A shared promise, given up when the caller leaves; what it stands for goes on for the others. */
export function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason);
    signal.addEventListener("abort", give, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}
