import fc from "fast-check";
import { expect, test } from "vitest";
import { createSealedMemory } from "../../mint-server/cache/sealed-memory.ts";

const OVERHEAD = 256;
const bytes = (size: number, fill: number) => new Uint8Array(size).fill(fill);

test("gives what was put until its time is over", () => {
  const memory = createSealedMemory(10_000);
  memory.put("a", bytes(3, 1), 100);
  expect(memory.get("a", 99)).toEqual(bytes(3, 1));
  expect(memory.get("a", 100)).toBeUndefined();
  expect(memory.get("a", 50)).toBeUndefined();
  memory.put("b", bytes(3, 2), 100);
  memory.drop("b");
  expect(memory.get("b", 0)).toBeUndefined();
});

test("keeps what is used, and of the rest what is newest", () => {
  const memory = createSealedMemory(10 * (100 + OVERHEAD));
  memory.put("used", bytes(100, 1), 100);
  for (let at = 0; at < 200; at++) {
    memory.put(`once-${at}`, bytes(100, 2), 100);
    expect(memory.get("used", 0)).toEqual(bytes(100, 1));
  }
  expect(memory.get("once-199", 0)).toBeDefined();
  expect(memory.get("once-191", 0)).toBeDefined();
  expect(memory.get("once-190", 0)).toBeUndefined();
});

test("takes nothing that is larger than all of it", () => {
  const memory = createSealedMemory(1000);
  memory.put("a", bytes(10, 1), 100);
  memory.put("b", bytes(1000, 1), 100);
  expect([memory.get("a", 0), memory.get("b", 0)]).toEqual([bytes(10, 1), undefined]);
});

test("whatever is put, dropped and asked for in whatever order: what is given is what was last put", () => {
  const name = fc.constantFrom("a", "b", "c", "d", "e", "f");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("put" as const), name, size: fc.nat(900), fill: fc.nat(255) }),
    fc.record({ kind: fc.constant("drop" as const), name }),
    fc.record({ kind: fc.constant("get" as const), name }),
  );
  let given = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, minLength: 20 }), (steps) => {
      const memory = createSealedMemory(2000);
      const last = new Map<string, Uint8Array>();
      for (const taken of steps) {
        if (taken.kind === "put") {
          const made = bytes(taken.size, taken.fill);
          memory.put(taken.name, made, 100);
          last.set(taken.name, made);
          expect(memory.get(taken.name, 0)).toEqual(made);
        } else if (taken.kind === "drop") {
          memory.drop(taken.name);
          last.delete(taken.name);
        }
        for (const [known, content] of last) {
          const found = memory.get(known, 0);
          if (found) given += 1;
          expect([undefined, content]).toContainEqual(found);
        }
        if (!last.has(taken.name)) expect(memory.get(taken.name, 0)).toBeUndefined();
      }
    }),
    { numRuns: 500 },
  );
  expect(given).toBeGreaterThan(10_000);
});
