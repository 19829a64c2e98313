import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { app } from "../state/app.ts";
import { queueQuestion } from "../state/chat.ts";
import { probe } from "../state/connection.ts";
import { useStore } from "../state/store.ts";
import type { Conversation } from "../state/types.ts";

/** The id of a conversation's last turn, if its question did not get through and does not wait either. */
function unaskedTurn({ turns }: Conversation): string | undefined {
  const last = turns.at(-1);
  return last?.answer.state === "failed" && last.answer.problem.remedy === "queue" ? last.id : undefined;
}

export function OfflineBanner(): JSX.Element {
  const offline = useStore(app, (state) => state.offline);
  const unasked = useStore(app, ({ current }) => unaskedTurn(current));
  const [asking, setAsking] = useState(false);
  const tryNow = async (): Promise<void> => {
    setAsking(true);
    await probe();
    setAsking(false);
  };
  return (
    <div role="status">
      {offline && (
        <div class="offline">
          <p>
            <strong>The server is out of reach.</strong> Your conversations are all here; new answers come when it is
            back.
          </p>
          <div class="offline-end">
            {unasked && (
              <button type="button" class="button" onClick={() => queueQuestion(unasked)}>
                Send my question then
              </button>
            )}
            <button type="button" class="button" disabled={asking} onClick={tryNow}>
              {asking ? "Trying…" : "Try now"}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}
