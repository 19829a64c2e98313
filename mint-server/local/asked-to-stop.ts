/**
 * Resolves when the process is told to stop. To be called at the first moment, so that a stop during the start leaves
 * no workerd behind.
 */
export function askedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
    // npm and npx run a program in a shell, and some shells keep a signal to themselves: when ours is gone, we are to go as well.
    const parent = process.ppid;
    const orphaned = (): void => {
      if (process.ppid !== parent) resolve();
    };
    if (process.env.npm_lifecycle_event) setInterval(orphaned, 100).unref();
  });
}
