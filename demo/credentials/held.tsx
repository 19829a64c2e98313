import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { heldClaims, onClaims } from "../state/gate.ts";
import { ClaimsView } from "./claims.tsx";

/** What this page itself has: no key, and of the credential only what it says. */
export function Held(): JSX.Element {
  const [claims, setClaims] = useState(heldClaims);
  useEffect(() => {
    const look = (): void => setClaims(heldClaims());
    look();
    return onClaims(look);
  }, []);
  return (
    <section class="card" aria-labelledby="held">
      <h2 id="held">What this browser holds</h2>
      <p>
        No provider’s key, and no key of this server. The Service Worker holds one temporary credential, bound to a key
        pair that cannot leave this browser, and puts it into requests. This page was told what the credential says, not
        the credential.
      </p>
      {claims ? (
        <ClaimsView claims={claims} />
      ) : (
        <p class="hint">No credential was issued to this browser yet. The first request gets one.</p>
      )}
    </section>
  );
}
