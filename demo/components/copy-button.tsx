import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { notify } from "../state/app.ts";
import { IconButton } from "./icon-button.tsx";

/** Copies a text, and says for a moment that it did. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => setCopied(await copyText(text));
  return <IconButton icon={copied ? "check" : "copy"} label={copied ? "Copied" : label} onClick={copy} />;
}

/** True if the browser let the page write to the clipboard; otherwise the person is told. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    notify({ text: "This browser did not let the page copy. Select the text and copy it yourself." });
    return false;
  }
}
