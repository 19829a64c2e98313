import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { copyText } from "../components/copy-button.tsx";
import { notify } from "../state/app.ts";
import { asCurl, asSdkCode } from "./code.ts";
import { shownBody } from "./raw.ts";
import type { Run } from "./types.ts";

/** What was sent and what came back, letter by letter; and the request as code. */
export function RawView({ run }: { readonly run: Run }): JSX.Element {
  const [open, setOpen] = useState(false);
  const copy = async (what: string, code: string): Promise<void> => {
    if (await copyText(code)) notify({ text: `Copied as ${what}.` });
  };
  return (
    <details class="play-raw" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Request and answer</summary>
      {open && (
        <>
          <div class="play-copies">
            <button type="button" class="button" onClick={() => copy("SDK code", asSdkCode(run.body))}>
              Copy as SDK code
            </button>
            <button type="button" class="button" onClick={() => copy("curl", asCurl(run.body, location.origin))}>
              Copy as curl
            </button>
          </div>
          <Raw title="Request" text={shownBody(run.body)} />
          <Raw title="Answer" text={run.raw || "Nothing has come yet."} />
        </>
      )}
    </details>
  );
}

function Raw({ title, text }: { readonly title: string; readonly text: string }): JSX.Element {
  return (
    <>
      <h3>{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keys, too. */}
      <pre tabIndex={0}>{text}</pre>
    </>
  );
}
