import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  type ConverseCommandOutput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from "@aws-sdk/client-bedrock-runtime";

/** AWS's own client, and a server on this machine that keeps what it sends and answers as it is told. */
export interface ConverseRig {
  /** The JSON body that the client makes of a request. */
  bodyOf(input: Omit<ConverseCommandInput, "modelId">): Promise<unknown>;
  /** What the client reads in an answer's JSON. */
  read(answer: object): Promise<ConverseCommandOutput>;
  /** What the client reads in a stream's bytes. Rejects with an exception's frame. */
  readStream(bytes: Uint8Array): Promise<readonly ConverseStreamOutput[]>;
  stop(): Promise<void>;
}

export async function startConverse(): Promise<ConverseRig> {
  let sent: unknown;
  let answer: { readonly type: string; readonly body: string | Uint8Array } = jsonAnswer({});
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (piece: string) => {
      text += piece;
    });
    request.on("end", () => {
      sent = JSON.parse(text);
      response.setHeader("content-type", answer.type);
      response.end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = new BedrockRuntimeClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "us-east-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    maxAttempts: 1,
  });
  const modelId = "anthropic.claude-sonnet-4-5-20250929-v1:0";
  return {
    async bodyOf(input) {
      answer = jsonAnswer({ output: { message: { role: "assistant", content: [] } }, stopReason: "end_turn" });
      await client.send(new ConverseCommand({ ...input, modelId }));
      return sent;
    },
    async read(body) {
      answer = jsonAnswer(body);
      return await client.send(new ConverseCommand({ modelId, messages: [] }));
    },
    async readStream(bytes) {
      answer = { type: "application/vnd.amazon.eventstream", body: bytes };
      const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages: [] }));
      return await Array.fromAsync(stream ?? []);
    },
    async stop() {
      client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function jsonAnswer(body: object): { readonly type: string; readonly body: string } {
  return { type: "application/json", body: JSON.stringify(body) };
}
