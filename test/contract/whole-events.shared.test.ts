import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../mint-server/contract/bytes.ts";
import { createEventHold } from "../../mint-server/contract/whole-events.ts";

const text = (parts: readonly Uint8Array[]) => parts.map((part) => new TextDecoder().decode(part)).join("");

/** What has gone on, and what is still held, after these chunks: the same of text and of its bytes. */
function pass(chunks: readonly string[]) {
  const hold = createEventHold();
  const gone = chunks.flatMap((chunk) => hold.take(utf8(chunk)));
  const told = { gone: text(gone), held: text(hold.rest()) };
  const texts = createEventHold<string>();
  expect({ gone: chunks.flatMap((chunk) => texts.take(chunk)).join(""), held: texts.rest().join("") }).toEqual(told);
  return told;
}

describe.each([
  ["LF", "\n"],
  ["CRLF", "\r\n"],
  ["CR", "\r"],
])("events with %s line ends", (_, newline) => {
  const event = (name: string) => `event: ${name}${newline}data: ${name}${newline}${newline}`;
  const body = event("first") + event("second");

  test("go on when they are whole, wherever the bytes are split", () => {
    for (let at = 0; at < body.length; at++) {
      for (const chunks of [[body.slice(0, at)], [...body.slice(0, at)]]) {
        const { gone, held } = pass(chunks);
        expect(gone + held).toBe(body.slice(0, at));
        // With CRLF, the blank line is over at its CR.
        expect(["", event("first"), event("first").slice(0, -1), body.slice(0, -1)], `cut at ${at}`).toContain(gone);
        expect(gone !== "", `cut at ${at}`).toBe(at >= event("first").length - (newline === "\r\n" ? 1 : 0));
      }
    }
    expect(pass([body])).toEqual({ gone: body, held: "" });
    expect(pass([...body])).toEqual({ gone: body, held: "" });
  });
});

test("hands on every byte in its order, whatever the bytes and their pieces", () => {
  const piece = fc.constantFrom("\n", "\r", "\r\n", "\n\n", "\r\r", "data: x", "é", "");
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const { gone, held } = pass(pieces);
      expect(gone + held).toBe(pieces.join(""));
      // What is held holds no blank line, and what is gone ends in one.
      expect(held.replace(/\r\n?/g, "\n")).not.toContain("\n\n");
      if (gone !== "") expect(gone).toMatch(/[\r\n][\r\n]$/);
    }),
  );
});

test("holds a large event in pieces without joining them over and over", () => {
  const hold = createEventHold();
  const chunk = new Uint8Array(1 << 14).fill(0x78);
  for (let count = 0; count < 512; count++) expect(hold.take(chunk)).toEqual([]);
  const parts = hold.take(utf8("\n\n"));
  expect(parts.length).toBe(513);
  expect(parts[7]).toBe(chunk);
});

test("lets an event beyond its limit go on as it comes", () => {
  const hold = createEventHold();
  const chunk = new Uint8Array(1 << 20).fill(0x78);
  let gone = 0;
  for (let count = 0; count < 20; count++) gone += hold.take(chunk).length;
  expect(gone).toBeGreaterThanOrEqual(16);
});
