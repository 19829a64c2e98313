import { createParser } from "eventsource-parser";
import { createTextReader } from "../mint-server/contract/bytes.ts";
import { pump, type Translation } from "../mint-server/wire/pump.ts";

/** Set on a request whose stream is to be read and written in JavaScript, for comparison. */
const IN_JAVASCRIPT = "x-bench-in-javascript";

/** The least that translates a stream: each event parsed, said in another schema's words, and out before the next. */
const translating = {
  async fetch(request: Request, { UPSTREAM }: { readonly UPSTREAM: string }): Promise<Response> {
    const { body, status } = await fetch(UPSTREAM, request);
    if (!body) return new Response(null, { status });
    const translation = createTranslation(request.headers.has(IN_JAVASCRIPT));
    const headers = { "content-type": "text/event-stream; charset=utf-8" };
    return new Response(pump(body, translation, request.signal), { status, headers });
  },
};

// biome-ignore lint/style/noDefaultExport: workerd takes the handler from the default export.
export default translating;

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string }; readonly finish_reason: string | null }[];
}

function createTranslation(isBinary: boolean): Translation {
  const textOf = createTextReader();
  let said = "";
  let done = false;
  const say = (type: string, event: object): void => {
    said += `event: ${type}\ndata: ${JSON.stringify({ type, ...event })}\n\n`;
  };
  const parser = createParser({
    onEvent({ data }) {
      if (done) return;
      if (data === "[DONE]") {
        say("message_stop", {});
        done = true;
        return;
      }
      const [choice] = (JSON.parse(data) as Chunk).choices;
      if (choice?.finish_reason) say("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null } });
      else say("content_block_delta", { index: 0, delta: { type: "text_delta", text: choice?.delta.content } });
    },
  });
  return {
    isBinary,
    feed(chunk) {
      said = "";
      parser.feed(textOf(chunk));
      return said;
    },
    end: () => "event: error\ndata: {}\n\n",
    get done() {
      return done;
    },
  };
}
