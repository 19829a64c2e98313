/**
 * What an action gives, if it gives it in time.
 *
 * @throws whatever the action throws, and an error of its own when the time is over; the action goes on, unheard
 */
export async function within<T>(ms: number, act: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([act(), late]);
  } finally {
    clearTimeout(timer);
  }
}
