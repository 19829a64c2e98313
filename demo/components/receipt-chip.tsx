import type { JSX } from "preact";
import { formatMs } from "../format.ts";
import type { Answer, Receipt } from "../state/types.ts";
import { Icon } from "./icon.tsx";

interface Props {
  readonly answer: Answer;
  readonly onOpen: () => void;
}

/** The receipt in one line: where the answer came from, and how soon. Opens the whole one. */
export function ReceiptChip({ answer, onOpen }: Props): JSX.Element | null {
  const { receipt } = answer;
  if (!receipt || receipt.outcome === "running") return null;
  return (
    <button type="button" class="chip" data-kind={kind(receipt)} title="What just happened" onClick={onOpen}>
      <Icon name="receipt" />
      {summary(receipt)}
    </button>
  );
}

function kind({ outcome, source, status = 200 }: Receipt): string {
  if (outcome === "failed" || outcome === "offline" || status >= 400) return "failed";
  return source && source !== "upstream" ? "near" : "far";
}

const SOURCES = {
  upstream: "fresh answer",
  "edge-cache": "from the server’s cache",
  "browser-cache": "from this browser’s cache",
  device: "from this device",
};

function summary({ outcome, source, totalMs, status = 200 }: Receipt): string {
  if (outcome === "offline") return "server out of reach";
  if (outcome === "cancelled") return "stopped";
  if (status >= 400) return `error ${status}`;
  if (outcome === "failed") return "failed";
  const from = source ? SOURCES[source] : "answered";
  return totalMs === undefined ? from : `${from} · ${formatMs(totalMs)}`;
}
