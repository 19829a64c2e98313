import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { formatUsd } from "../format.ts";
import { openGate } from "../state/gate.ts";

interface Account {
  readonly of: string;
  readonly period: string;
  readonly used: Readonly<Record<string, number>>;
  readonly limit: Readonly<Record<string, number>>;
}

type Known =
  | { readonly state: "loading" | "unknown" }
  | { readonly state: "known"; readonly accounts: readonly Account[] };

/** What the server has counted against this browser's limits. */
export function Limits({ seen }: { readonly seen: number }): JSX.Element {
  const [known, setKnown] = useState<Known>({ state: "loading" });
  useEffect(() => {
    let left = false;
    void loadAccounts().then((accounts) => {
      if (!left) setKnown(accounts ? { state: "known", accounts } : { state: "unknown" });
    });
    return () => {
      left = true;
    };
  }, [seen]);
  return (
    <section class="card" aria-labelledby="limits" aria-busy={known.state === "loading"}>
      <h2 id="limits">Limits</h2>
      {known.state === "unknown" && (
        <p class="hint">The server could not be asked. The rest of this page is this browser’s own.</p>
      )}
      {known.state === "known" && known.accounts.length === 0 && (
        <p class="hint">This browser’s credential has no limits here, so the server counts nothing against it.</p>
      )}
      {known.state === "known" &&
        known.accounts.map((account) => <AccountView key={`${account.of} ${account.period}`} account={account} />)}
    </section>
  );
}

const MEASURED = ["usd", "tokens", "requests", "realtime_seconds"] as const;

const WORDS = { tokens: "tokens", requests: "requests", realtime_seconds: "seconds of voice" } as const;

function AccountView({ account: { of, period, used, limit } }: { readonly account: Account }): JSX.Element {
  const rows = MEASURED.flatMap((name) => {
    const most = limit[name];
    return most === undefined ? [] : [{ name, most, now: used[name] ?? 0 }];
  });
  return (
    <div class="usage-account">
      <h3>
        {of === "subject" ? "You" : "This credential"}, {period === "all" ? "in all" : period.replace(":", " ")}
      </h3>
      {rows.map(({ name, most, now }) => (
        <label key={name}>
          {name === "usd"
            ? `${formatUsd(now)} of ${formatUsd(most)}`
            : `${now.toLocaleString("en")} of ${most.toLocaleString("en")} ${WORDS[name]}`}
          <meter
            class="budget-meter"
            min={0}
            max={most}
            optimum={0}
            low={0.8 * most}
            high={0.99 * most}
            value={Math.min(now, most)}
          />
        </label>
      ))}
    </div>
  );
}

async function loadAccounts(): Promise<readonly Account[] | undefined> {
  try {
    await openGate();
    const answer = await fetch("/v1/proxy/usage");
    if (!answer.ok) return undefined;
    const { data } = (await answer.json()) as { readonly data?: readonly Account[] };
    return data;
  } catch {
    return undefined;
  }
}
