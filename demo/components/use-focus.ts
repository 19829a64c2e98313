import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Gives an element the focus as it appears, where it comes in place of the one that had it. */
export function useFocus<T extends HTMLElement>(wanted = true): RefObject<T | null> {
  const ref = useRef<T>(null);
  useEffect(() => {
    if (wanted) ref.current?.focus();
  }, []);
  return ref;
}
