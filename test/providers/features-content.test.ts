import { expect, test } from "vitest";
import { ALL_WIRES } from "../wire/support/formats.ts";
import { CONTENT_KINDS, contentFate } from "./features-content.ts";

test.each(CONTENT_KINDS)("%s is sent, or refused by its place, wherever it means something", (kind) => {
  // Only what a provider could not read, or has no use for, is left out.
  const mayBeDropped = /another provider|cache/.test(kind);
  for (const wire of ALL_WIRES) {
    const fate = contentFate(kind, wire);
    expect([wire, fate === "sent" || fate === "refused: here" || mayBeDropped]).toEqual([wire, true]);
  }
});

test("nobody gets another's thoughts, and everybody their own", () => {
  for (const wire of ALL_WIRES) {
    expect([wire, contentFate("thoughts of another provider", wire)]).toEqual([wire, "dropped"]);
    expect([wire, contentFate("thoughts that its provider signed", wire)]).toEqual([wire, "sent"]);
  }
});
