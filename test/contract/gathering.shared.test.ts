import { expect, test } from "vitest";
import { concat } from "../../mint-server/contract/fields.ts";
import { createGathering } from "../../mint-server/contract/gathering.ts";

test("gives back what came, in its order, however it was cut up", () => {
  for (const size of [1, 3, 64, 100]) {
    const bytes = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
    const gathering = createGathering();
    for (let at = 0; at < bytes.length; at += size) gathering.add(bytes.slice(at, at + size));
    expect(gathering.sizeBytes).toBe(1000);
    expect(concat(gathering.parts())).toEqual(bytes);
    expect(concat(gathering.parts())).toEqual(bytes);
  }
  expect(createGathering().parts()).toEqual([]);
});

test("does not keep the room that was made for each chunk", () => {
  const gathering = createGathering();
  for (let at = 0; at < 10_000; at++) gathering.add(new Uint8Array(4096).subarray(0, 1));
  const parts = gathering.parts();
  const kept = new Set(parts.map(({ buffer }) => buffer));
  const keptBytes = [...kept].reduce((size, { byteLength }) => size + byteLength, 0);
  expect(keptBytes).toBeLessThan(10_000 + 64 * 4096);
  expect(parts.length).toBeLessThan(10_000 / 32);
});
