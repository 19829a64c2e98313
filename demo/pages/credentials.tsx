import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { OfflineBanner } from "../components/offline-banner.tsx";
import { Decode } from "../credentials/decode.tsx";
import { Held } from "../credentials/held.tsx";
import { Issue } from "../credentials/issue.tsx";
import { Revoke, type Wanted } from "../credentials/revoke.tsx";
import "../styles/console.css";

/** Temporary credentials: the one in use here, and those that a backend's key issues, reads and takes back. */
export function CredentialsPage(): JSX.Element {
  const [wanted, setWanted] = useState<Wanted>();
  const revoke = (jti: string): void => setWanted({ jti, asked: (wanted?.asked ?? 0) + 1 });
  return (
    <>
      <OfflineBanner />
      <Held />
      <Issue onRevoke={revoke} />
      <Decode onRevoke={revoke} />
      <Revoke wanted={wanted} />
    </>
  );
}
