import { describe, expect, test } from "vitest";
import { choose, createLatency, type Standing } from "../../mint-server/providers/balance.ts";
import { seeded } from "./clock.ts";

type Named = Standing & { readonly name: string };

/** Shares of 20,000 choices. */
function shares(...standings: [Named, ...Named[]]): Record<string, number> {
  const random = seeded(7);
  const counts: Record<string, number> = {};
  for (let count = 0; count < 20_000; count++) {
    const { name } = choose(standings, random);
    counts[name] = (counts[name] ?? 0) + 1 / 20_000;
  }
  return counts;
}

const at = (name: string, rest: Partial<Standing> = {}): Named => ({
  name,
  weight: 1,
  latencyMs: 100,
  waiting: 0,
  ...rest,
});

describe("shares of the requests", () => {
  test("are the weights where all are equally fast", () => {
    const { a, b, c } = shares(at("a", { weight: 5 }), at("b", { weight: 3 }), at("c", { weight: 2 }));
    expect([a, b, c]).toEqual([expect.closeTo(0.5, 1), expect.closeTo(0.3, 1), expect.closeTo(0.2, 1)]);
  });

  test("are the weights while nothing is known", () => {
    const { a, b } = shares(at("a", { latencyMs: undefined, weight: 2 }), at("b", { latencyMs: undefined }));
    expect(a).toBeCloseTo(2 / 3, 1);
    expect(b).toBeCloseTo(1 / 3, 1);
  });

  test("fall steeply with the latency, and never to nothing", () => {
    const {
      fast,
      slow,
      slowest = 0,
    } = shares(at("fast"), at("slow", { latencyMs: 200 }), at("slowest", { latencyMs: 60_000 }));
    expect(fast).toBeGreaterThan(0.85);
    expect(slow).toBeGreaterThan(0.08);
    expect(slowest).toBeGreaterThan(0);
    expect(slowest).toBeLessThan(0.01);
  });

  test("shrink where requests are waiting", () => {
    const { idle = 0, busy = 0 } = shares(at("idle"), at("busy", { waiting: 10 }));
    expect(idle).toBeGreaterThan(0.7);
    expect(busy).toBeLessThan(0.3);
  });
});

test("a latency follows its newest samples, and is forgotten after a minute without any", () => {
  const latency = createLatency();
  expect(latency.value(0)).toBeUndefined();
  latency.add(100, 1000);
  expect(latency.value(1000)).toBe(100);
  latency.add(200, 2000);
  expect(latency.value(2000)).toBeCloseTo(120);
  expect([latency.value(62_000), latency.value(62_001)]).toEqual([expect.closeTo(120), undefined]);
  latency.add(500, 70_000);
  expect(latency.value(70_000)).toBe(500);
});
