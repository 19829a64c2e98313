import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Turn } from "../state/types.ts";

/** Longest part of an answer that is read out by itself; the rest is there to be read. */
const SPOKEN_LENGTH = 600;

/**
 * Tells screen readers that an answer began, what it says once it is whole, and at once that it failed. The growing text
 * itself is not live: it would be read again with every piece.
 */
export function Announcer({ turn }: { readonly turn: Turn | undefined }): JSX.Element {
  const state = turn?.answer.state;
  const [heard, setHeard] = useState("");
  // What was there before is not news.
  const [first] = useState(`${turn?.id} ${state}`);
  useEffect(() => {
    if (turn && `${turn.id} ${state}` !== first) setHeard(announce(turn));
  }, [turn?.id, state]);
  const failed = state === "failed";
  return (
    <>
      <p class="visually-hidden" role="status">
        {!failed && heard}
      </p>
      <p class="visually-hidden" role="alert">
        {failed && heard}
      </p>
    </>
  );
}

function announce({ answer }: Turn): string {
  switch (answer.state) {
    case "waiting":
      return "Waiting for the answer.";
    case "streaming":
      return "The answer is coming.";
    case "stopped":
      return "Stopped.";
    case "failed":
      return `${answer.problem.sentence} ${answer.problem.advice}`;
    case "complete": {
      const spoken = answer.text.slice(0, SPOKEN_LENGTH);
      return spoken.length < answer.text.length ? `${spoken}… More follows in the conversation.` : spoken;
    }
  }
}
