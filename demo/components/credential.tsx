import type { JSX } from "preact";
import type { CredentialClaims } from "../../mint-server/contract/credential.ts";
import { formatLeft } from "../format.ts";
import type { Receipt } from "../state/types.ts";
import { tellEndpoints, tellLimits, tellModels } from "../story.ts";
import { Fact } from "./fact.tsx";
import { useNow } from "./use-now.ts";

/** The temporary credential, decoded. It was never in this page: only what it says is. */
export function CredentialView({ receipt }: { readonly receipt: Receipt }): JSX.Element {
  const { source } = receipt;
  const claims = source === "device" ? undefined : receipt.claims;
  return (
    <section class="credential">
      <h3>Temporary credential</h3>
      {!claims && (
        <p class="hint">
          {source === "browser-cache" || source === "device"
            ? "None was needed."
            : "It was issued before this page was opened, so the page knows nothing of it."}
        </p>
      )}
      {claims && <Claims claims={claims} />}
    </section>
  );
}

function Claims({ claims }: { readonly claims: CredentialClaims }): JSX.Element {
  const { grant, sub, cnf, exp } = claims;
  const limits = tellLimits(grant.limits);
  return (
    <dl class="facts">
      <Fact
        term="For"
        meaning="The subject: who the credential speaks for. Here it is a name made up for this browser, since nobody had to sign in."
      >
        <code class="clip" title={sub}>
          {sub}
        </code>
      </Fact>
      <Fact term="Organisation" meaning="Whose configuration and provider keys are used.">
        {grant.org}
      </Fact>
      <Fact term="Models" meaning="The models that it may call. Any other is refused, whatever this page asks for.">
        {tellModels(grant)}
      </Fact>
      <Fact term="Allows" meaning="The kinds of request that it may make.">
        {tellEndpoints(grant)}
      </Fact>
      {limits.length > 0 && (
        <Fact term="Limits" meaning="Hard limits, counted on the server before a provider is called.">
          {limits.map((limit) => (
            <div key={limit}>{limit}</div>
          ))}
        </Fact>
      )}
      <Fact
        term="Expires in"
        meaning="After this it is worth nothing. The Service Worker gets a new one before, by itself."
      >
        <Countdown until={exp} />
      </Fact>
      {cnf && (
        <Fact
          term="Bound key"
          meaning="Fingerprint of a key pair that this browser made and that cannot be exported. Each request is signed with it, so a copy of the credential is of no use without this browser."
        >
          <code class="clip" title={cnf.jkt}>
            {cnf.jkt}
          </code>
        </Fact>
      )}
    </dl>
  );
}

/** @param until Unix seconds. */
function Countdown({ until }: { readonly until: number }): JSX.Element {
  return <time class="numbers">{formatLeft(Math.round(until - useNow() / 1000))}</time>;
}
