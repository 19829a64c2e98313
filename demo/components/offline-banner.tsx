import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { app } from "../state/app.ts";
import { probe } from "../state/connection.ts";
import { useStore } from "../state/store.ts";

export function OfflineBanner(): JSX.Element {
  const offline = useStore(app, (state) => state.offline);
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
          <button type="button" class="button" disabled={asking} onClick={tryNow}>
            {asking ? "Trying…" : "Try now"}
          </button>
        </div>
      )}
    </div>
  );
}
