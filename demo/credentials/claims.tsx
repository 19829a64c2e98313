import type { ComponentChildren, JSX } from "preact";
import type { CredentialClaims } from "../../mint-server/contract/credential.ts";
import { useNow } from "../components/use-now.ts";
import { formatLeft, formatList } from "../format.ts";
import { tellEndpoints, tellLimits, tellModels } from "../story.ts";
import { featureWords } from "./order.ts";

/** What a credential says of itself, in words. */
export function ClaimsView({ claims }: { readonly claims: CredentialClaims }): JSX.Element {
  const { grant, sub, jti, iss, iat, exp, cnf, sealed_key: sealed } = claims;
  const limits = tellLimits(grant.limits);
  const { origins, features = [], logging, template } = grant;
  const rows: readonly (readonly [string, ComponentChildren])[] = [
    ["Speaks for", <code>{sub}</code>],
    ["Organisation", grant.org],
    ["Models", tellModels(grant)],
    ["Allows", tellEndpoints(grant)],
    ["Used from", origins ? formatList(origins) : "anywhere"],
    ["Limits", limits.length > 0 ? limits.map((limit) => <div key={limit}>{limit}</div>) : "none of its own"],
    ...(features.length > 0 ? [["Also", formatList(featureWords(features))] as const] : []),
    ...(template ? [["Template", template] as const] : []),
    ...(logging ? [["Filed under", logging.project_name] as const] : []),
    ["Bound to", cnf ? <code>{cnf.jkt}</code> : "no key: whoever holds it may use it"],
    ...(sealed ? [["Provider’s key", "sealed inside, for the mint-server alone"] as const] : []),
    ["Issued by", <code>{iss}</code>],
    ["Issued", timeOf(iat)],
    ["Expires", <Expiry until={exp} />],
    ["Id (jti)", <code>{jti}</code>],
  ];
  return (
    <dl class="claims">
      {rows.map(([term, said]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{said}</dd>
        </div>
      ))}
    </dl>
  );
}

/** @param until Unix seconds. */
function Expiry({ until }: { readonly until: number }): JSX.Element {
  const left = Math.round(until - useNow() / 1000);
  return (
    <span data-over={left <= 0} class="numbers">
      {timeOf(until)}, {left > 0 ? `in ${formatLeft(left)}` : "so it is worth nothing any more"}
    </span>
  );
}

function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "never";
  return date.toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}
