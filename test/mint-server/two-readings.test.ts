import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Rig, startRig } from "../support/rig.ts";
import { chat } from "../support/work.ts";

// What one parser reads otherwise than another: a provider must not find another request in what was checked.

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());
beforeEach(() => {
  rig.standIn.requests.length = 0;
});

const named = (name: string) => `Content-Disposition: form-data; name="${name}"`;
const FILE = `${named("file")}; filename="a\u{1F600}.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--x`;
const MODEL = `${named("model")}\r\n\r\nwhisper-1`;

async function upload(parts: readonly string[], headers: Record<string, string> = {}) {
  const { key } = await rig.issue({ models: ["whisper-1"] });
  const body = `${parts.map((part) => `--B\r\n${part}\r\n`).join("")}--B--\r\n`;
  const type = "multipart/form-data; boundary=B";
  const authorization = `Bearer ${key}`;
  const init = { method: "POST", headers: { authorization, "content-type": type, ...headers }, body };
  const answer = await fetch(rig.url("audio/transcriptions"), init);
  const sent = rig.standIn.requests.at(-1);
  return { status: answer.status, text: await answer.text(), sent, authorization };
}

async function formIn({
  body,
  headers,
}: {
  readonly body: Uint8Array;
  readonly headers: NodeJS.Dict<string | string[]>;
}) {
  const type = String(headers["content-type"]);
  const form = await new Response(Uint8Array.from(body), { headers: { "content-type": type } }).formData();
  const fields = [...form].map(async ([name, value]) => [
    name,
    typeof value === "string" ? value : [value.name, value.type, await value.text()],
  ]);
  return Promise.all(fields);
}

describe("a form goes on as it was read:", () => {
  test.each([
    ["a name in another charset beside the name", `${named("x")}; name*=utf-8''model\r\n\r\ngpt-4o-transcribe`],
    ["a second header of a part", `${named("x")}\r\n${named("model")}\r\n\r\ngpt-4o-transcribe`],
  ])("%s", async (_, part) => {
    const { status, sent } = await upload([FILE, MODEL, part]);
    expect(status).toBe(200);
    const text = sent?.body.toString() ?? "";
    expect(text.match(/model/g)).toHaveLength(1);
    expect(text).not.toContain("*=");
  });

  test.each([
    ["a name in one that unescapes", `${named("mod\\el")}\r\n\r\ngpt-4o-transcribe`],
    ["a file of that name", `${named("model")}; filename="m"\r\n\r\ngpt-4o-transcribe`],
  ])("%s is the same field twice", async (_, part) => {
    const { status, sent } = await upload([FILE, MODEL, part]);
    expect([status, sent]).toEqual([400, undefined]);
  });

  test("with all of its fields, in their order, and its file as it is", async () => {
    const more = ["one", "two"].map((value) => `${named("timestamp_granularities[]")}\r\n\r\n${value}`);
    const odd = `${named("a%22b")}\r\n\r\n\u00e4`;
    const { sent } = await upload([more[0] ?? "", FILE, MODEL, more[1] ?? "", odd]);
    expect(sent && (await formIn(sent))).toEqual([
      ["timestamp_granularities[]", "one"],
      ["file", ["a\u{1F600}.wav", "audio/wav", "RIFF\r\n--x"]],
      ["model", "whisper-1"],
      ["timestamp_granularities[]", "two"],
      [expect.stringMatching(/^a("|%22)b$/), "\u00e4"],
    ]);
  });

  test("and the same one is the same again, for one who comes back for its answer", async () => {
    const first = await upload([FILE, MODEL]);
    const again = await upload([FILE, MODEL]);
    expect(again.sent?.body).toEqual(first.sent?.body);
    expect(again.sent?.headers["content-type"]).toBe(first.sent?.headers["content-type"]);
  });
});

test("a boundary that may be read in two ways is replaced", async () => {
  const { status, sent } = await upload([FILE, MODEL], { "content-type": 'multipart/form-data; boundary="B"; a=b' });
  expect(status).toBe(200);
  expect(sent?.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=form-[\w-]{43}$/);
  expect(sent && (await formIn(sent))).toHaveLength(2);
});

test("JSON goes on in the charset that it was read in", async () => {
  const headers = { "content-type": "application/json; charset=utf-7" };
  expect((await rig.post("chat/completions", chat(), { headers })).status).toBe(200);
  expect(rig.standIn.requests.at(-1)?.headers["content-type"]).toBe("application/json");
});
