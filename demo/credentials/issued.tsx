import type { JSX } from "preact";
import { type IssuedCredential, readCredential } from "../../mint-server/contract/credential.ts";
import { CopyButton } from "../components/copy-button.tsx";
import { ClaimsView } from "./claims.tsx";

interface Props {
  readonly issued: IssuedCredential;
  readonly onRevoke: (jti: string) => void;
}

/** What came back. It is shown until the page is left, and kept nowhere. */
export function Issued({ issued, onRevoke }: Props): JSX.Element {
  const claims = readCredential(issued.key);
  return (
    <div class="issued">
      <h3>Your credential</h3>
      <p class="issued-key">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys, too. */}
        <code tabIndex={0}>{issued.key}</code>
        <CopyButton text={issued.key} label="Copy the credential" />
      </p>
      {claims?.sealed_key && (
        <p class="issued-note">
          The key is not one of this server’s, so it was taken for a provider’s: it is sealed inside, and goes to the
          provider that a model belongs to.
        </p>
      )}
      <p class="hint">It goes wherever an API key would, with this server’s address as the base URL.</p>
      {claims && <ClaimsView claims={claims} />}
      {claims && (
        <button type="button" class="button" onClick={() => onRevoke(claims.jti)}>
          Revoke it…
        </button>
      )}
    </div>
  );
}
