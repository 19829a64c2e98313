import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64url, utf8 } from "../../mint-server/contract/bytes.ts";
import {
  holdsCarrier,
  packCallId,
  packSignature,
  restoreCalls,
  signatureFor,
  unpackCallId,
  unpackSignature,
} from "../../mint-server/wire/carry.ts";
import type { ReasoningPart, Signature, ToolCallPart } from "../../mint-server/wire/chat-request.ts";
import { packThought, unpackThought } from "../../mint-server/wire/google/signature.ts";

const SIGNATURE: Signature = { by: "anthropic", value: "c2ln" };
const text = fc.string({ unit: "binary" });
const signature: fc.Arbitrary<Signature> = fc
  .record({
    by: fc.string(),
    value: text,
    redacted: fc.boolean(),
    id: fc.string(),
  })
  .map(({ by, value, redacted, id }) => ({ by, value, ...(redacted && { redacted: true }), ...(id && { id }) }));
const thought: fc.Arbitrary<ReasoningPart> = fc
  .record({ text, signature })
  .map(({ text, signature }) => ({ kind: "reasoning", text, signature }));

function thinking(value: string, text = ""): ReasoningPart {
  return { kind: "reasoning", text, signature: { by: "anthropic", value } };
}

function calling(id: string): ToolCallPart {
  return { kind: "tool_call", id, name: "weather", arguments: "{}" };
}

describe("a tool call's id", () => {
  test("carries any signature and any thoughts, and gives them back", () => {
    const id = fc.string({ minLength: 1 }).filter((given) => !given.includes("_mg1_"));
    fc.assert(
      fc.property(id, fc.option(signature, { nil: undefined }), fc.array(thought), (own, signature, reasoning) => {
        const packed = packCallId(own, { signature, reasoning });
        expect(unpackCallId(packed)).toEqual({ id: own, ...(signature && { signature }), reasoning });
      }),
    );
  });

  test("is in letters that Anthropic's and OpenAI's ids may hold", () => {
    const packed = packCallId("toolu_1", { signature: SIGNATURE, reasoning: [thinking("s", "日本 ?/+=")] });
    expect(packed).toMatch(/^toolu_1[a-zA-Z0-9_-]+$/);
  });

  test("stays as it is where there is nothing to carry", () => {
    expect(packCallId("call_1", { signature: undefined, reasoning: [] })).toBe("call_1");
    expect(packCallId("call_1", { signature: undefined, reasoning: [{ kind: "reasoning", text: "Hm." }] })).toBe(
      "call_1",
    );
  });

  test("is any text at all, and none of them breaks anything", () => {
    const carried = fc.jsonValue().map((value) => toBase64url(utf8(JSON.stringify(value))));
    fc.assert(
      fc.property(fc.string(), fc.oneof(carried, fc.string(), text), (own, rest) => {
        for (const id of [own, rest, `${own}_mg1_${rest}`]) {
          const unpacked = unpackCallId(id);
          expect(id.startsWith(unpacked.id)).toBe(true);
          expect(Array.isArray(unpacked.reasoning)).toBe(true);
        }
      }),
    );
    for (const id of ["", "_mg1_", "a_mg1_", "a_mg1_!", "a_mg1_bnVsbA", "a_mg1_e30"])
      expect(unpackCallId(id)).toEqual({ id, reasoning: [] });
  });
});

describe("a signature", () => {
  test("travels in another schema's opaque field, and in Google's base64", () => {
    fc.assert(
      fc.property(signature, (given) => {
        fc.pre(!given.value.startsWith("mg1_") && !given.value.startsWith("bWcxX"));
        for (const native of ["anthropic", "responses"]) {
          const packed = packSignature(given, native);
          const own = given.by === native && !given.id;
          expect(unpackSignature(packed, native)).toEqual(own ? { by: native, value: given.value } : given);
        }
        if (given.by !== "google") expect(unpackThought(packThought(given))).toEqual(given);
      }),
    );
  });

  test("of the schema's own provider stays as its provider gave it", () => {
    expect(packSignature(SIGNATURE, "anthropic")).toBe("c2ln");
    expect(packThought({ by: "google", value: "c2ln" })).toBe("c2ln");
    expect(unpackSignature("c2ln", "anthropic")).toEqual(SIGNATURE);
  });

  test("that only looks like one of ours is its provider's", () => {
    for (const odd of ["mg1_", "mg1_!!", "mg1_e30", "mg1_bnVsbA"])
      expect(unpackSignature(odd, "anthropic")).toEqual({ by: "anthropic", value: odd });
    expect(unpackThought("bWcxX!!")).toEqual({ by: "google", value: "bWcxX!!" });
  });

  test("is used by whose it is, and by nobody else", () => {
    expect(signatureFor({ signature: SIGNATURE }, "anthropic")).toBe(SIGNATURE);
    expect(signatureFor({ signature: SIGNATURE }, "bedrock")).toBeUndefined();
    expect(signatureFor({}, "anthropic")).toBeUndefined();
  });
});

test("a body that carries something is told from one that does not", () => {
  const foreign: Signature = { by: "bedrock", value: "c2ln" };
  const carriers = [
    { tool_call_id: packCallId("call_1", { signature: foreign, reasoning: [] }) },
    { type: "thinking", signature: packSignature(foreign, "anthropic") },
    { encrypted_content: packSignature({ by: "responses", value: "c2ln", id: "rs_1" }, "responses") },
    { thoughtSignature: packThought(foreign) },
  ];
  for (const body of carriers) {
    expect(holdsCarrier(JSON.stringify(body))).toBe(true);
    expect(holdsCarrier(JSON.stringify({ messages: [{ a: [body] }] }))).toBe(true);
  }
  for (const own of ["call_1", "toolu_01A_mg", "mg1", "say mg1_ twice"])
    expect(holdsCarrier(JSON.stringify({ id: own, signature: "c2ln" }))).toBe(false);
});

test("calls get their thoughts back, those of the first before any text", () => {
  const first = packCallId("call_a", { signature: SIGNATURE, reasoning: [thinking("1", "Hm."), thinking("2")] });
  const second = packCallId("call_b", { signature: undefined, reasoning: [thinking("3")] });
  expect(restoreCalls([calling(first), calling(second), calling("call_c")])).toEqual({
    before: [thinking("1", "Hm."), thinking("2")],
    calls: [{ ...calling("call_a"), signature: SIGNATURE }, thinking("3"), calling("call_b"), calling("call_c")],
  });
  expect(restoreCalls([])).toEqual({ before: [], calls: [] });
});
