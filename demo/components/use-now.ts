import { useEffect, useState } from "preact/hooks";

/** The time in Unix milliseconds, once a second for as long as `ticking`. */
export function useNow(ticking = true): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!ticking) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
