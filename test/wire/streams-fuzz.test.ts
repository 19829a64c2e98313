import fc from "fast-check";
import { expect, test } from "vitest";
import { joined } from "./support/converse.ts";
import { wires } from "./support/formats.ts";
import { isError, isTerminal, LISTENERS, tell, toldEvents } from "./support/listeners.ts";
import { STREAMS } from "./support/streams.ts";

const stream = fc.constantFrom(...STREAMS);
const listener = fc.constantFrom(...LISTENERS);
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
/** Bytes that take the place of others; among them those that mean something in a stream or in JSON. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc
    .array(
      fc.constantFrom('"', "{", "}", "[", "]", "\\", "\n", "\r", ":", ",", "data: ", "event: error\n", "null", "-1"),
    )
    .map((words) => new TextEncoder().encode(words.join(""))),
);
const edits = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), drop: fc.nat(40), bytes }), {
  maxLength: 3,
});

function split(whole: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const offsets = [0, ...places.map((place) => Math.floor(place * whole.length)).sort((a, b) => a - b), whole.length];
  return offsets.slice(1).map((end, index) => whole.subarray(offsets[index], end));
}

test("any split of any stream tells every caller the same", () => {
  fc.assert(
    fc.property(stream, listener, cuts, (stream, listener, places) => {
      const whole = joined(stream.pieces);
      const expected = tell(stream, listener, [whole]).join("");
      expect(tell(stream, listener, split(whole, places)).join("")).toBe(expected);
    }),
    { numRuns: 400 },
  );
});

test("no bytes at all break a translation: what it says are whole events, and one end at most", () => {
  fc.assert(
    fc.property(stream, listener, edits, cuts, (stream, listener, edits, places) => {
      let damaged = joined(stream.pieces);
      for (const { at, drop, bytes } of edits) {
        const place = Math.floor(at * damaged.length);
        damaged = joined([damaged.subarray(0, place), bytes, damaged.subarray(place + drop)]);
      }
      const pieces = split(damaged, places);
      const text = tell(stream, listener, pieces).join("");
      expect(tell(stream, listener, [damaged]).join("")).toBe(text);
      const events = toldEvents(text, listener);
      const isEnd = (event: (typeof events)[number]): boolean =>
        isError(event, listener) || (!listener.startsWith("google") && isTerminal(event, listener));
      expect(events.filter(isEnd)).toHaveLength(listener.startsWith("google") && !events.some(isEnd) ? 0 : 1);
      if (events.some(isEnd)) expect(events.findIndex(isEnd)).toBe(events.length - 1);
    }),
    { numRuns: 1500 },
  );
});

test("no JSON of any form breaks a reader of answers or errors", () => {
  const names = ["choices", "message", "content", "output", "candidates", "parts", "usage", "error", "type", "text"];
  const more = ["tool_calls", "functionCall", "toolUse", "delta", "index", "function", "response", "item", "id"];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, fc.constantFrom(null, 0, -1, "", "x", true), tie("list"), tie("object")),
    list: fc.array(tie("value"), { maxLength: 3 }),
    object: fc.dictionary(fc.constantFrom(...names, ...more), tie("value"), { maxKeys: 5 }),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom(...STREAMS), (body, { wire, request }) => {
      wires[wire].decodeAnswer(body, request);
      wires[wire].decodeError(JSON.stringify(body));
      const decoder = wires[wire].createStreamDecoder(request);
      for (const event of [undefined, "message", "contentBlockStart", "contentBlockDelta", "messageStop", "metadata"])
        decoder.decode({ event, data: JSON.stringify(body) }, () => {});
    }),
    { numRuns: 2000 },
  );
});
