import { describe, expect, test } from "vitest";
import { createPartitions } from "../../mint-server/cache/partitions.ts";
import { MODEL_ENDPOINTS } from "../../mint-server/contract/endpoints.ts";
import type { Caller } from "../../mint-server/credentials/verify.ts";
import type { ModelRequest } from "../../mint-server/model-request.ts";
import { keepResponse, markNames } from "../../mint-server/responses/keep-answers.ts";
import type { KeptResponses } from "../../mint-server/responses/kept-responses.ts";
import { createMemoryShelf } from "../../mint-server/responses/memory-shelf.ts";
import { namesEarlier } from "../../mint-server/responses/names-earlier.ts";
import { recall } from "../../mint-server/responses/recall.ts";
import type { ResponseShelf, ShelfPlace } from "../../mint-server/responses/shelf.ts";

const ORG = { name: "default", sharesCache: true } as NonNullable<Caller["org"]>;
const callerOf = (subject: string, org = ORG, by: Caller["by"] = "project-key"): Caller =>
  ({ by, grant: {}, org, ledger: `org:${org.name}`, subject }) as unknown as Caller;

/** By a key, which may name what is not kept here. */
const ALICE = callerOf("alice");
/** The same, by a credential. */
const CREDENTIAL = callerOf("alice", ORG, "credential");
const MIB = 1024 * 1024;

async function rig({ ttlSeconds = 60, shelf = createMemoryShelf() }: Partial<KeptResponses> = {}) {
  const partitionOf = await createPartitions([new Uint8Array(32).fill(7)]);
  const responses: KeptResponses = { shelf, partitionOf, ttlSeconds, waitUntil: undefined };
  return {
    keep: (id: string, input: readonly unknown[], output: readonly Readonly<Record<string, unknown>>[], by = ALICE) =>
      keepResponse(responses, by, { id, input, output }),
    mark: (...ids: string[]) => markNames(responses, CREDENTIAL, ids),
    async ask(body: object, by = ALICE, maxBodyBytes = MIB) {
      const result = await recall(requestOf(body), { responses, caller: by, maxBodyBytes });
      if (!result.ok) return result.failure;
      expect(JSON.parse(String(result.value.payload))).toEqual(result.value.body);
      return result.value.body;
    },
  };
}

function requestOf(body: object): ModelRequest {
  const endpoint = MODEL_ENDPOINTS.find(({ path }) => path === "responses");
  if (!endpoint) throw new Error("there is no such endpoint");
  return {
    endpoint,
    model: "m",
    stream: false,
    isArray: false,
    contentType: "application/json",
    payload: JSON.stringify(body),
    body: body as Record<string, unknown>,
  };
}

const QUESTION = { role: "user", content: "Which is it?" };
const THOUGHT = { type: "reasoning", id: "rs_1f_0", summary: [], encrypted_content: "sealed" };
const SAID = { type: "message", id: "msg_1f_1", role: "assistant", content: [{ type: "output_text", text: "This." }] };
const AND = { role: "user", content: "And?" };
const refer = (id: string) => ({ type: "item_reference", id });

describe("a conversation that is gone on with by a name", () => {
  test("has all that came before, instructions apart", async () => {
    const { keep, ask } = await rig();
    await keep("resp_1f", [QUESTION], [THOUGHT, SAID]);
    const body = { model: "m", instructions: "Be brief.", input: "And?", previous_response_id: "resp_1f" };
    expect(await ask(body)).toEqual({
      model: "m",
      instructions: "Be brief.",
      input: [QUESTION, THOUGHT, SAID, AND],
    });
  });

  test("has items in the places of their names", async () => {
    const { keep, ask } = await rig();
    await keep("resp_1f", [QUESTION], [THOUGHT, SAID]);
    const input = [QUESTION, refer("rs_1f_0"), { id: "msg_1f_1" }, AND];
    expect(await ask({ input })).toEqual({ input: [QUESTION, THOUGHT, SAID, AND] });
  });

  test("keeps the names of what is not kept here", async () => {
    const { keep, ask } = await rig();
    await keep("resp_1f", [QUESTION], [SAID]);
    const input = [refer("rs_2e_0"), refer("msg_1f_7"), refer("anything"), refer("msg_1f_1")];
    expect(await ask({ input, previous_response_id: "resp_2e" })).toEqual({
      input: [refer("rs_2e_0"), refer("msg_1f_7"), refer("anything"), SAID],
      previous_response_id: "resp_2e",
    });
  });
});

test("a request whose names are all the provider's own stays as it came, to the byte", async () => {
  const responses: KeptResponses = {
    shelf: createMemoryShelf(),
    partitionOf: await createPartitions([new Uint8Array(32).fill(7)]),
    ttlSeconds: 60,
    waitUntil: undefined,
  };
  const request = requestOf({ input: "And?", previous_response_id: "resp_2e" });
  const result = await recall(request, { responses, caller: ALICE, maxBodyBytes: MIB });
  expect(result.ok && result.value).toBe(request);
});

describe("what is kept", () => {
  test.each([
    ["another subject", callerOf("bob")],
    ["a subject of that name elsewhere", callerOf("alice", { ...ORG, name: "other" })],
  ])("is not for %s, not even where members share the cache", async (_, other) => {
    const { keep, ask } = await rig();
    await keep("resp_1f", [QUESTION], [SAID]);
    const body = { input: [refer("msg_1f_1")], previous_response_id: "resp_1f" };
    expect(await ask(body, other)).toEqual(body);
    expect(await ask(body)).not.toEqual(body);
  });

  test("is gone when its time is over", async () => {
    const { keep, ask } = await rig({ ttlSeconds: 0 });
    await keep("resp_1f", [QUESTION], [SAID]);
    expect(await ask({ input: [refer("msg_1f_1")] })).toEqual({ input: [refer("msg_1f_1")] });
  });

  test("shows neither whose it is nor what it says, and is refused when a bit of it was changed", async () => {
    const stored: { place: ShelfPlace; sealed: Uint8Array<ArrayBuffer> }[] = [];
    const shelf: ResponseShelf = {
      async put(place, sealed) {
        stored.push({ place, sealed });
      },
      get: async () => [stored[0]?.sealed],
    };
    const { keep, ask } = await rig({ shelf });
    await keep("resp_1f", [QUESTION], [SAID]);
    const [{ place, sealed } = { place: undefined, sealed: new Uint8Array() }] = stored;
    const seen = `${place?.owner} ${place?.name} ${new TextDecoder().decode(sealed)}`;
    for (const secret of ["alice", "resp_1f", "1f", "Which", "This."]) expect(seen).not.toContain(secret);
    expect(await ask({ input: [refer("msg_1f_1")] })).toEqual({ input: [SAID] });
    sealed[sealed.length - 20] = (sealed.at(-20) ?? 0) ^ 1;
    expect(await ask({ input: [refer("msg_1f_1")] })).toEqual({ input: [refer("msg_1f_1")] });
  });

  test("of a conversation that is too long is its last answer alone", async () => {
    const { keep, ask } = await rig();
    await keep("resp_1f", [{ role: "user", content: "x".repeat(MIB) }], [SAID]);
    const body = { input: [refer("msg_1f_1")], previous_response_id: "resp_1f" };
    expect(await ask(body)).toEqual({ input: [SAID], previous_response_id: "resp_1f" });
  });

  test("is not written into a request that would be larger than a request may be", async () => {
    const { keep, ask } = await rig();
    const long = { ...SAID, content: [{ type: "output_text", text: "x".repeat(600) }] };
    for (const name of ["1a", "1b"]) await keep(`resp_${name}`, [], [{ ...long, id: `msg_${name}_0` }]);
    const input = [refer("msg_1a_0"), refer("msg_1b_0")];
    expect(await ask({ input }, ALICE, 1024)).toEqual({ kind: "body_too_large", maxBytes: 1024 });
    expect(await ask({ input: input.slice(0, 1) }, ALICE, 1024)).toMatchObject({ input: [{ id: "msg_1a_0" }] });
  });

  test("in memory gives way to what comes after it", async () => {
    const { keep, ask } = await rig();
    const text = "x".repeat(900_000);
    for (let at = 0; at < 80; at++) await keep(`resp_${at}`, [], [{ ...SAID, id: `msg_${at}_0`, text }]);
    expect(await ask({ input: [refer("msg_0_0")] })).toEqual({ input: [refer("msg_0_0")] });
    expect(await ask({ input: [refer("msg_79_0")] })).toMatchObject({ input: [{ id: "msg_79_0", text }] });
  });
});

describe("a credential's request", () => {
  const NAMES = [refer("msg_a"), { type: "reasoning", id: "rs_a", summary: [] }, AND, refer("msg_1f_1")];

  test("has what is kept written out, and what is marked as it was named", async () => {
    const { keep, mark, ask } = await rig();
    await keep("resp_1f", [QUESTION], [SAID]);
    await mark("resp_a", "msg_a", "rs_a");
    const body = { input: NAMES, previous_response_id: "resp_a" };
    expect(await ask(body, CREDENTIAL)).toEqual({ ...body, input: [...NAMES.slice(0, 3), SAID] });
  });

  test.each([
    [["resp_a", "msg_a"], "input[1]"],
    [["msg_a", "rs_a"], "previous_response_id"],
    [["resp_a", "msg_a", "rs_a"], "input[3]"],
  ])("with %j as its own is refused for %s", async (own, param) => {
    const { mark, ask } = await rig();
    await mark(...own);
    const body = { input: NAMES, previous_response_id: "resp_a" };
    expect(await ask(body, CREDENTIAL)).toMatchObject({ kind: "bad_field", param });
  });

  test("finds what was named a moment before it was marked", async () => {
    const shelf = createMemoryShelf();
    let looks = 0;
    const get: ResponseShelf["get"] = async (places) => (looks++ === 0 ? [undefined] : shelf.get(places));
    const { mark, ask } = await rig({ shelf: { ...shelf, get } });
    await mark("msg_a");
    expect(await ask({ input: [refer("msg_a")] }, CREDENTIAL)).toEqual({ input: [refer("msg_a")] });
  });

  test("with more names than are looked up at once is refused for the last", async () => {
    const { mark, ask } = await rig();
    const ids = Array.from({ length: 600 }, (_, at) => `msg_${at}`);
    await mark(...ids);
    expect(await ask({ input: ids.map(refer) }, CREDENTIAL)).toEqual({ input: ids.map(refer) });
    const body = { input: [...ids, "msg_x"].map(refer) };
    expect(await ask(body, CREDENTIAL)).toMatchObject({ kind: "bad_field", param: "input[600]" });
  });

  test("is not taken for another's where the marks cannot be read", async () => {
    const get = () => Promise.reject(new Error("away"));
    const { ask } = await rig({ shelf: { ...createMemoryShelf(), get } });
    expect(await ask({ input: [refer("msg_a")] }, CREDENTIAL)).toEqual({ kind: "answers_unavailable" });
  });

  test("may have thoughts that were translated whole: they are nowhere else", async () => {
    const { ask } = await rig();
    const body = { input: [{ type: "reasoning", id: "rs_1f_0", summary: [] }, SAID] };
    expect(await ask(body, CREDENTIAL)).toEqual(body);
  });
});

test.each([
  [true, { previous_response_id: "resp_1" }],
  [true, { input: [{ type: "reasoning", id: "rs_a", summary: [] }] }],
  [true, { input: [{ type: "image_generation_call", id: "ig_a", result: null }] }],
  [true, { input: [{ role: "assistant", id: "msg_a" }] }],
  [false, { input: [{ type: "reasoning", id: "rs_a", encrypted_content: "sealed" }] }],
  [false, { input: [{ type: "image_generation_call", id: "ig_a", result: "AAAA" }] }],
  [false, { input: [{ type: "function_call", id: "fc_a", arguments: "{}" }] }],
  [true, { input: [refer("msg_1_0")] }],
  [true, { input: [{ id: "msg_1_0" }] }],
  [false, { input: "What?" }],
  [false, { input: [QUESTION, SAID, THOUGHT], previous_response_id: null }],
  [false, { input: [{ role: "assistant", id: "msg_1_0", content: "" }] }],
])("names something earlier: %s, for %j", (names, body) => {
  expect(namesEarlier(body)).toBe(names);
});
