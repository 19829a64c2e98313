import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CALLERS_KEY, SERVER_KEY } from "../support/rig.ts";
import { byHeader, byProtocol, connectTo, pcm, type RealtimeRig, startRealtimeRig, userText } from "./rig.ts";

let rig: RealtimeRig;
beforeAll(async () => {
  rig = await startRealtimeRig();
});
afterAll(() => rig?.stop());

const key = () => rig.server.projectKey ?? "";
const latest = () => {
  const connection = rig.provider.connections.at(-1);
  if (!connection) throw new Error("nobody came");
  return connection;
};

describe("a handshake", () => {
  test("selects `realtime` and echoes nothing else, least of all the key", async () => {
    const client = await connectTo(rig.socketURL(), {
      protocols: ["realtime", `openai-insecure-api-key.${key()}`, "openai-organization.org-1", "openai-project.p-1"],
    });
    expect(client.socket.protocol).toBe("realtime");
    expect((await client.next("session.created")).session).toMatchObject({ model: "gpt-realtime" });
    expect(latest().headers["sec-websocket-protocol"]).toBeUndefined();
    expect(latest().headers.authorization).toBe(`Bearer ${SERVER_KEY}`);
    expect(JSON.stringify(latest().headers)).not.toContain("org-1");
    expect(JSON.stringify(latest().headers)).not.toContain(key());
  });

  test("selects nothing for a client that asks for no subprotocol", async () => {
    const client = await connectTo(rig.socketURL(), byHeader(key()));
    expect(client.socket.protocol).toBe("");
    await client.next("session.created");
  });

  test("goes by under both prefixes", async () => {
    const client = await connectTo(rig.socketURL().replace("/v1/proxy/", "/v1/"), byProtocol(key()));
    await client.next("session.created");
  });

  test("takes a caller's own provider key, which goes to the provider", async () => {
    const client = await connectTo(rig.socketURL(), byProtocol(CALLERS_KEY));
    await client.next("session.created");
    expect(latest().headers.authorization).toBe(`Bearer ${CALLERS_KEY}`);
  });

  test("takes a credential with the prefix `ek_`, by subprotocol and by `api-key`", async () => {
    const { key: credential } = await rig.issue();
    await (await connectTo(rig.socketURL(), byProtocol(`ek_${credential}`))).next("session.created");
    await (await connectTo(rig.socketURL(), { headers: { "api-key": credential } })).next("session.created");
    expect(JSON.stringify(latest().headers)).not.toContain(credential);
  });

  test("without an upgrade is answered with 426", async () => {
    const answer = await fetch(rig.url("realtime"), { headers: { authorization: `Bearer ${key()}` } });
    expect(answer.status).toBe(426);
    expect(await answer.json()).toMatchObject({ error: { code: "upgrade_required" } });
  });
});

describe("frames", () => {
  test("pass unchanged both ways for a key: text, in whatever spelling, and bytes", async () => {
    const client = await connectTo(rig.socketURL(), byHeader(key()));
    await client.next("session.created");
    const odd = '{ "type" : "no.such.event",\n "x":1.0, "x":2 }';
    client.send(odd);
    await client.next("error");
    expect(latest().frames).toContain(odd);
    const bytes = randomBytes(5000);
    latest().send(bytes);
    latest().send('{"type":"strange",   "n":1e2}');
    await client.next("strange");
    expect(client.frames.at(-1)).toBe('{"type":"strange",   "n":1e2}');
    expect(Buffer.compare(client.frames.at(-2) as Buffer, bytes)).toBe(0);
  });

  test("of a megabyte, and pings of the provider's, are no trouble", async () => {
    const client = await connectTo(rig.socketURL(), byHeader(key()));
    await client.next("session.created");
    await latest().ping();
    client.send({ type: "input_audio_buffer.append", audio: pcm(20_000) });
    client.send({ type: "input_audio_buffer.clear" });
    await client.next("input_audio_buffer.cleared");
    const long = JSON.stringify({ type: "long", text: "x".repeat(1 << 20) });
    latest().send(long);
    await client.next("long");
    expect(client.frames.at(-1)).toBe(long);
  });

  test("of 33 MiB close with 1009", async () => {
    const client = await connectTo(rig.socketURL(), byHeader(key()));
    await client.next("session.created");
    client.send(JSON.stringify({ type: "x", text: "x".repeat(33 << 20) }));
    expect((await client.closed).code).toBe(1009);
  });
});

describe("a close", () => {
  test("of the provider's comes with its code and its reason", async () => {
    for (const [code, reason] of [
      [1000, ""],
      [1001, "Your session hit the maximum duration of 60 minutes."],
      [4000, "invalid_request_error"],
      [4999, "ü".repeat(61)],
    ] as const) {
      const client = await connectTo(rig.socketURL(), byProtocol(key()));
      await client.next("session.created");
      latest().close(code, reason);
      expect(await client.closed).toEqual({ code, reason });
    }
  });

  test("of the client's reaches the provider with its code and its reason, at once", async () => {
    const client = await connectTo(rig.socketURL(), byHeader(key()));
    await client.next("session.created");
    const connection = latest();
    client.socket.close(4321, "bye");
    expect(await rig.provider.until(() => connection.closed)).toEqual({ code: 4321, reason: "bye" });
    expect(await client.closed).toEqual({ code: 4321, reason: "bye" });
  });

  test("of a client's that has not named a model yet is answered, and nothing is opened for it", async () => {
    const before = rig.provider.connections.length;
    const client = await connectTo(rig.socketURL(""), byHeader(key()));
    client.socket.close(4321, "bye");
    expect(await client.closed).toEqual({ code: 4321, reason: "bye" });
    expect(rig.provider.connections).toHaveLength(before);
  });

  test("without a code is an ordinary one", async () => {
    const client = await connectTo(rig.socketURL(), byHeader(key()));
    await client.next("session.created");
    const connection = latest();
    client.socket.close();
    expect(await rig.provider.until(() => connection.closed)).toMatchObject({ code: 1000 });
  });

  test("a provider that is cut off is 1011", async () => {
    const client = await connectTo(rig.socketURL(), byHeader(key()));
    await client.next("session.created");
    latest().cut();
    expect(await client.closed).toEqual({ code: 1011, reason: "upstream_lost" });
  });

  test("a client that breaks off leaves no connection to the provider", async () => {
    for (const caller of [key(), (await rig.issue()).key]) {
      const client = await connectTo(rig.socketURL(), byHeader(caller));
      await client.next("session.created");
      const connection = latest();
      client.socket.terminate();
      await rig.provider.until(() => connection.closed);
    }
  });
});

describe("the model", () => {
  const modelOf = () => new URL(latest().url, "http://x").searchParams.get("model");

  test("of the URL goes on, in one piece", async () => {
    await (await connectTo(rig.socketURL("?model=gpt-4o-realtime-preview&x=1"), byHeader(key()))).next(
      "session.created",
    );
    expect(latest().url).toBe("/v1/realtime?model=gpt-4o-realtime-preview");
  });

  test("is the credential's only one where the URL has none", async () => {
    const { key: credential } = await rig.issue({ model: "gpt-realtime-mini" });
    await (await connectTo(rig.socketURL(""), byHeader(credential))).next("session.created");
    expect(modelOf()).toBe("gpt-realtime-mini");
  });

  test("is that of the first `session.update`, which reaches the provider too", async () => {
    const client = await connectTo(rig.socketURL(""), byHeader(key()));
    client.send({
      type: "session.update",
      session: { type: "realtime", model: "gpt-realtime-2", instructions: "Hi." },
    });
    client.send(userText("hello"));
    expect((await client.next("session.updated")).session).toMatchObject({ instructions: "Hi." });
    await client.next("conversation.item.added");
    expect(modelOf()).toBe("gpt-realtime-2");
  });

  test("is the default where the first event names none", async () => {
    const client = await connectTo(rig.socketURL(""), byHeader(key()));
    client.send(userText("hello"));
    await client.next("conversation.item.added");
    expect(modelOf()).toBe("gpt-realtime");
  });

  test("is the default for a client that waits to be greeted", async () => {
    const client = await connectTo(rig.socketURL(""), byHeader(key()));
    await client.next("session.created");
    expect(modelOf()).toBe("gpt-realtime");
  });

  test("is inside a session that only transcribes", async () => {
    const client = await connectTo(rig.socketURL("?intent=transcription"), byHeader(key()));
    expect((await client.next("session.created")).session).toMatchObject({ type: "transcription" });
    expect(latest().url).toBe("/v1/realtime?intent=transcription");
  });
});
