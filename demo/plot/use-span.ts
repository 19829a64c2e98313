import { useEffect, useState } from "preact/hooks";
import type { Span } from "./spans.ts";

const LOOK_EVERY_MS = 20_000;

interface Source<T> {
  /** What belongs to a span that ends at `nowMs`. */
  readonly load: (span: Span, nowMs: number) => Promise<T>;
  /** Calls back when there is something new; returns what stops it. */
  readonly watch: (listener: () => void) => () => void;
}

/** What a source has of a span, kept up to date; undefined until it is loaded. */
export function useSpan<T>(
  { load, watch }: Source<T>,
  span: Span,
): { readonly loaded: T | undefined; readonly nowMs: number } {
  const [shown, setShown] = useState<{ readonly loaded: T | undefined; readonly nowMs: number }>({
    loaded: undefined,
    nowMs: Date.now(),
  });
  useEffect(() => {
    let left = false;
    const look = async (): Promise<void> => {
      const nowMs = Date.now();
      const loaded = await load(span, nowMs);
      if (!left) setShown({ loaded, nowMs });
    };
    void look();
    const silence = watch(() => void look());
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => {
      left = true;
      silence();
      clearInterval(timer);
    };
  }, [span]);
  return shown;
}
