import { canonicalJson } from "../../mint-server/contract/canonical-json.ts";
import { readCredential } from "../../mint-server/contract/credential.ts";
import { type EnvelopeKey, openEntry, sealEntry } from "../../mint-server/contract/envelope.ts";
import { findLossyNumber, parseJson } from "../../mint-server/contract/json.ts";
import { createStreamProbe } from "../../mint-server/contract/sse.ts";
import { createEventHold } from "../../mint-server/contract/whole-events.ts";
import { STREAMS } from "../wire/support/streams.ts";
import { bytesOf, type FuzzTarget, jsonSeeds, sizeOf, textOf } from "./target.ts";

const REQUESTS = jsonSeeds(
  { model: "m", messages: [{ role: "user", content: "Grüße \u2028" }], temperature: 0.1, seed: 12, stop: ["a", "b"] },
  { a: [1, 1e21, 1e-7, -0, 0.1], "": { "\ud83d\ude00": null, z: true, é: "\u0001" }, nested: [[[[{}]]]] },
);

const canonical: FuzzTarget = {
  name: "canonical-json",
  readings: 2,
  seeds: REQUESTS,
  run(input) {
    const text = textOf(input);
    const parsed = parseJson(text);
    // What holds such a number is refused before it has a canonical form.
    if (!parsed.ok || findLossyNumber(text) !== undefined) return 0;
    const once = canonicalJson(parsed.value);
    const again = parseJson(once);
    if (!again.ok || canonicalJson(again.value) !== once) throw new Error("canonical form is not stable");
    return once.length;
  },
};

const TERMINALS = [
  { kind: "done" },
  { kind: "types", types: ["message_stop", "response.completed"] },
  { kind: "candidates" },
] as const;

const probe: FuzzTarget = {
  name: "sse-probe",
  readings: 6,
  seeds: STREAMS.filter(({ wire }) => wire !== "bedrock").map(({ pieces }) => bytesOf(pieces.map(textOf).join(""))),
  run(input) {
    let size = 0;
    for (const terminal of TERMINALS) {
      const [whole, split] = [createStreamProbe(terminal), createStreamProbe(terminal)];
      const hold = createEventHold();
      whole.feed(input);
      for (let at = 0; at < input.length; at += 7) {
        const chunk = input.slice(at, at + 7);
        split.feed(chunk);
        for (const part of hold.take(chunk)) size += part.length;
      }
      for (const part of hold.rest()) size += part.length;
      if (whole.state !== split.state) throw new Error(`${whole.state} whole, ${split.state} in pieces`);
    }
    if (size !== TERMINALS.length * input.length) throw new Error("bytes were lost or made");
    return input.length;
  },
};

const segment = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const GRANT = { org: "default", models: ["gpt-4o*"], endpoints: null, origins: null, limits: null, logging: null };
const CLAIMS = { iss: "https://m.example", sub: "ann", iat: 1, exp: 2, jti: "j", cnf: { jkt: "k" }, grant: GRANT };

const credential: FuzzTarget = {
  name: "credential",
  seeds: [bytesOf([segment({ alg: "EdDSA", typ: "mintgate+jwt" }), segment(CLAIMS), "c2ln"].join("."))],
  run: (input) => sizeOf(readCredential(textOf(input))),
};

const aes = await crypto.subtle.importKey("raw", new Uint8Array(32).fill(7), "AES-GCM", false, ["encrypt", "decrypt"]);
const SEAL: EnvelopeKey = { key: aes, kid: "k1", name: "place" };
const ENTRY = {
  createdMs: 1000,
  expiresMs: 9000,
  status: 200,
  headers: { "content-type": "application/json" },
  model: "m",
  form: "whole",
  body: bytesOf('{"a":1}'),
} as const;
const sealed = await sealEntry(ENTRY, SEAL);

const envelope: FuzzTarget = {
  name: "cache-envelope",
  seeds: [sealed],
  async run(input) {
    const entry = await openEntry(input, { ...SEAL, nowMs: 2000 });
    const isSame = Buffer.from(input).equals(sealed);
    if ((entry !== undefined) !== isSame)
      throw new Error(isSame ? "the sound entry does not open" : "a forged entry opens");
    return entry?.body.length ?? 0;
  },
};

export const CONTRACT_TARGETS: readonly FuzzTarget[] = [canonical, probe, credential, envelope];
