import { expect, test } from "vitest";
import { HEADER } from "../../mint-server/contract/headers.ts";
import { readPage, USER_PAGES } from "./pages.ts";

const TEXT = USER_PAGES.map(readPage).join("\n");
const OURS = Object.values(HEADER).filter((name) => name.startsWith("x-"));

/** Between page and worker alone, and set by the package itself. */
const INTERNAL: readonly string[] = [HEADER.requestId];

test("the documentation explains every header", () => {
  const listed = OURS.filter((name) => !INTERNAL.includes(name));
  expect(listed.filter((name) => !TEXT.includes(`\`${name}`))).toEqual([]);
});

test("the HTTP API's page lists every header that crosses the network", () => {
  const betweenPageAndWorker: readonly string[] = [...INTERNAL, HEADER.replay, HEADER.offline, HEADER.outbox];
  const page = readPage("docs/http-api.md");
  const crossing = OURS.filter((name) => !betweenPageAndWorker.includes(name));
  expect(crossing.length).toBeGreaterThan(10);
  expect(crossing.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("the documentation shows no header of ours that does not exist", () => {
  const shown = [...TEXT.matchAll(/\bx-(?:bt|mintgate)-[a-z-]+[a-z]/g)].map(([name]) => name);
  const others = ["x-mintgate-challenge"];
  expect([...new Set(shown)].filter((name) => !(OURS as string[]).includes(name) && !others.includes(name))).toEqual(
    [],
  );
});
