import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** How far from the end still counts as being there, in CSS pixels. */
const NEAR = 48;

interface StickToEnd {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  readonly atEnd: boolean;
  readonly goToEnd: () => void;
}

/**
 * Keeps a scroller at the end of its growing content, as long as the reader has not scrolled away from it.
 *
 * @param subject Changes when something else is shown or asked: that begins at the end.
 */
export function useStickToEnd(subject: string): StickToEnd {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const sticking = useRef(true);
  const [atEnd, setAtEnd] = useState(true);
  const goToEnd = useCallback(() => {
    sticking.current = true;
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, []);
  useEffect(() => {
    const box = scroller.current;
    if (!box || !content.current) return;
    let lastTop = box.scrollTop;
    const look = (): void => {
      const near = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
      // Content that grew since puts the end further away as well; only the reader scrolls upwards.
      if (near) sticking.current = true;
      else if (box.scrollTop < lastTop) sticking.current = false;
      lastTop = box.scrollTop;
      setAtEnd(near || sticking.current);
    };
    box.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(() => (sticking.current ? goToEnd() : look()));
    observer.observe(content.current);
    observer.observe(box);
    return () => {
      box.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, []);
  useLayoutEffect(goToEnd, [subject]);
  return { scroller, content, atEnd, goToEnd };
}
