import type { JSX } from "preact";
import { formatBytes } from "../format.ts";
import type { Receipt } from "../state/types.ts";
import { Fact } from "./fact.tsx";

const SOURCES = {
  upstream: "the model, just now",
  "edge-cache": "the server’s cache",
  "browser-cache": "this browser’s cache",
  device: "a model on this device",
};

interface Props {
  readonly receipt: Receipt;
  readonly builtIn: boolean;
}

export function Facts({ receipt, builtIn }: Props): JSX.Element {
  const { by, source, endpoint, status, sizeBytes } = receipt;
  return (
    <dl class="facts">
      <Fact
        term="Caught by"
        meaning="Who noticed the call to the model and took it over. A Service Worker is a script that the browser runs between this page and the network; where none is in charge, the page does the same work itself."
      >
        {by === "worker" ? "Service Worker" : "this page"}
      </Fact>
      {source && (
        <Fact
          term="Answer from"
          meaning="Whether the answer was made just now, for this question, or kept from an earlier one."
        >
          {SOURCES[source]}
        </Fact>
      )}
      {endpoint && !builtIn && source !== "device" && (
        <Fact
          term="Endpoint"
          meaning="The configured provider that did the work. A server may have several for one model and goes on to the next when one fails."
        >
          <code>{endpoint}</code>
        </Fact>
      )}
      {status !== undefined && (
        <Fact
          term="Status"
          meaning="The HTTP status of the answer: 200 is a success, 4xx means the request was refused, 5xx that something failed behind it."
        >
          <code>{status}</code>
        </Fact>
      )}
      {sizeBytes !== undefined && sizeBytes > 0 && (
        <Fact
          term="Size"
          meaning="Bytes of the answer, as they came to this page. A streamed answer is sent in many small events, each with some wrapping."
        >
          {formatBytes(sizeBytes)}
        </Fact>
      )}
    </dl>
  );
}
