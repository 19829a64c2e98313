import type { JSX } from "preact";
import { dropQueued, type Queued } from "../../sw/client.ts";
import { IconButton } from "../components/icon-button.tsx";
import { formatBytes } from "../format.ts";
import { findQueued, markTakenBack } from "../state/queue.ts";
import { formatAge } from "./ages.ts";

/** `1 question`, `3 questions`. */
export function countQuestions(count: number): string {
  return `${count} ${count === 1 ? "question" : "questions"}`;
}

interface Props {
  readonly waiting: readonly Queued[];
  readonly nowMs: number;
  readonly onChange: () => Promise<void>;
}

/** Questions that are sent as soon as the server is there again. */
export function WaitingView({ waiting, nowMs, onChange }: Props): JSX.Element {
  const drop = async (id: string): Promise<void> => {
    document.getElementById("waiting")?.focus();
    markTakenBack([id]);
    await dropQueued(id);
    await onChange();
  };
  return (
    <section class="card" aria-labelledby="waiting">
      <h2 id="waiting" tabIndex={-1}>
        Outbox
      </h2>
      {waiting.length === 0 ? (
        <p class="hint">
          Nothing waits. When the server is out of reach, a question can wait here, and is sent by itself as soon as the
          server answers again.
        </p>
      ) : (
        <>
          <p aria-live="polite">
            {countQuestions(waiting.length)} {waiting.length === 1 ? "waits" : "wait"} for the server
            {waiting.length > 1 && ", in this order"}.
          </p>
          <ol class="waiting">
            {waiting.map(({ id, createdMs, sizeBytes }) => (
              <li key={id}>
                <span class="waiting-text">{findQueued(id)?.turn.question ?? "A question of another page"}</span>
                <span class="hint">
                  {formatAge(createdMs, nowMs)} · {formatBytes(sizeBytes)}, sealed
                </span>
                <IconButton icon="trash" label="Take it back" onClick={() => void drop(id)} />
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
