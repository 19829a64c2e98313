import type { JSX } from "preact";
import { Budget } from "../cache/budget.tsx";
import { Clear } from "../cache/clear.tsx";
import { CutView } from "../cache/cut-view.tsx";
import { Entries } from "../cache/entries.tsx";
import { History } from "../cache/history-view.tsx";
import { useStored } from "../cache/stored.ts";
import { WaitingView } from "../cache/waiting.tsx";
import { OfflineBanner } from "../components/offline-banner.tsx";
import "../styles/cache.css";
import "../styles/plot.css";

/** What this browser keeps, what that saved, what waits; and a way to see an answer survive a broken connection. */
export function CachePage(): JSX.Element {
  const { stored, failed, refresh } = useStored();
  // Cards that come one after the other would push each other down.
  if (!stored) {
    return (
      <>
        <OfflineBanner />
        <p class="hint">
          {failed ? "This browser did not let the page see what it stores." : "Looking at what is stored…"}
        </p>
        {failed && <History />}
      </>
    );
  }
  return (
    <>
      <OfflineBanner />
      <section class="card" aria-labelledby="stored">
        <div class="card-head">
          <h2 id="stored" tabIndex={-1}>
            Stored in this browser
          </h2>
          <Clear answers={stored.cache.entries.length} waiting={stored.waiting} onCleared={refresh} />
        </div>
        <Budget cache={stored.cache} />
        <p class="hint">
          Answers are sealed with a key that cannot leave this browser, so this page sees how old and how large each is,
          and not what it says. When there is no more room, the one that was not used for longest goes.
        </p>
        {stored.cache.entries.length === 0 && (
          <p class="card-empty">
            Nothing is stored yet. Ask something in <a href="#/">the chat</a>, then ask the same once more in a new
            conversation: the second answer comes from here, without the network.
          </p>
        )}
      </section>
      <WaitingView waiting={stored.waiting} nowMs={stored.nowMs} onChange={refresh} />
      <History />
      <CutView />
      <Entries entries={stored.cache.entries} nowMs={stored.nowMs} />
    </>
  );
}
