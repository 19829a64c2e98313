import type { JSX } from "preact";
import { Budget } from "../cache/budget.tsx";
import { Clear } from "../cache/clear.tsx";
import { CutView } from "../cache/cut-view.tsx";
import { Entries } from "../cache/entries.tsx";
import { History } from "../cache/plot.tsx";
import { useStored } from "../cache/stored.ts";
import { WaitingView } from "../cache/waiting.tsx";
import { OfflineBanner } from "../components/offline-banner.tsx";
import "../styles/cache.css";

/** What this browser keeps, what that saved, what waits; and a way to see an answer survive a broken connection. */
export function CachePage(): JSX.Element {
  const { stored, refresh } = useStored();
  return (
    <>
      <OfflineBanner />
      <section class="card" aria-labelledby="stored" aria-busy={!stored}>
        <div class="cache-head">
          <h2 id="stored">Stored in this browser</h2>
          {stored && <Clear answers={stored.cache.entries.length} waiting={stored.waiting} onCleared={refresh} />}
        </div>
        {stored && <Budget cache={stored.cache} />}
        <p class="hint">
          Answers are sealed with a key that cannot leave this browser, so this page sees how old and how large each is,
          and not what it says. When there is no more room, the one that was not used for longest goes.
        </p>
        {stored?.cache.entries.length === 0 && (
          <p class="cache-empty">
            Nothing is stored yet. Ask something in <a href="#/">the chat</a>, then ask the same once more in a new
            conversation: the second answer comes from here, without the network.
          </p>
        )}
      </section>
      {stored && <WaitingView waiting={stored.waiting} nowMs={stored.nowMs} onChange={refresh} />}
      <History />
      <CutView />
      {stored && <Entries entries={stored.cache.entries} nowMs={stored.nowMs} />}
    </>
  );
}
