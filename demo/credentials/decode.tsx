import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { AreaField } from "../components/fields.tsx";
import { ClaimsView } from "./claims.tsx";
import { readPasted } from "./read.ts";
import type { Signature } from "./signature.ts";

interface Props {
  readonly onRevoke: (jti: string) => void;
}

/** Reads a pasted credential, here in the page: it is sent nowhere. */
export function Decode({ onRevoke }: Props): JSX.Element {
  const [text, setText] = useState("");
  const credential = text.replace(/^\s*(?:Bearer|DPoP)\s+/i, "").trim();
  const claims = credential === "" ? undefined : readPasted(credential);
  const isStrange = credential !== "" && !claims;
  return (
    <section class="card" aria-labelledby="decode">
      <h2 id="decode">Read one</h2>
      <AreaField
        label="A credential"
        hint="It is read in this page and sent nowhere."
        error={isStrange ? "This is no credential of mintgate. One has three parts with dots between them." : undefined}
        mono
        rows={3}
        placeholder="eyJ…"
        value={text}
        onInput={setText}
      />
      <div role="status">
        {claims && (
          <>
            <SignatureLine credential={credential} />
            <ClaimsView claims={claims} />
          </>
        )}
      </div>
      {claims && (
        <button type="button" class="button" onClick={() => onRevoke(claims.jti)}>
          Revoke it…
        </button>
      )}
    </section>
  );
}

const WORDS: Readonly<Record<Signature, string>> = {
  valid: "This server signed it. Whether it was revoked, only a request can tell.",
  invalid: "This server did not sign it, or it was changed since: it will be refused.",
  unknown: "Who signed it is not known: the server could not be asked for its keys.",
};

function SignatureLine({ credential }: { readonly credential: string }): JSX.Element {
  const [signature, setSignature] = useState<Signature>();
  useEffect(() => {
    let left = false;
    setSignature(undefined);
    void import("./signature.ts")
      .then(({ checkSignature }) => checkSignature(credential))
      .catch((): Signature => "unknown")
      .then((found) => {
        if (!left) setSignature(found);
      });
    return () => {
      left = true;
    };
  }, [credential]);
  return (
    <p class="signature" data-signature={signature}>
      {signature ? WORDS[signature] : "Looking at its signature…"}
    </p>
  );
}
