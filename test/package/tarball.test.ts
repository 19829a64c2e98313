import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { temporaryFolder } from "../support/temporary.ts";
import { packInto } from "./pack.ts";

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

async function unpacked(): Promise<string> {
  const folder = await temporaryFolder();
  execFileSync("tar", ["-xzf", inject("tarball"), "--strip-components=1", "-C", folder]);
  return folder;
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

test("two packs of one build are the same, byte for byte", async () => {
  const again = packInto(await temporaryFolder());
  expect((await readFile(again)).equals(await readFile(inject("tarball")))).toBe(true);
});

test("runs nothing when it is installed, and brings neither Node nor workerd nor Vite", async () => {
  const { scripts, dependencies, peerDependencies, peerDependenciesMeta } = manifestOf(await unpacked());
  const onInstall = ["preinstall", "install", "postinstall", "prepare", "prepublish", "preprepare", "postprepare"];
  expect(onInstall.filter((name) => Object.hasOwn(scripts, name))).toEqual([]);
  for (const name of ["node", "workerd", "vite", "wrangler"]) expect(dependencies).not.toHaveProperty(name);
  for (const name of Object.keys(peerDependencies)) expect(peerDependenciesMeta[name]).toEqual({ optional: true });
});

test("holds what its exports name, types and source maps with their sources included", async () => {
  const folder = await unpacked();
  const { exports } = manifestOf(folder);
  const entries = Object.values(exports).flatMap((entry) => (typeof entry === "string" ? [] : [entry]));
  expect(entries.length).toBeGreaterThan(4);
  for (const { types, default: code } of entries) {
    expect(existsSync(join(folder, types)), types).toBe(true);
    const map = JSON.parse(readFileSync(join(folder, `${code}.map`), "utf8")) as { readonly sourcesContent: string[] };
    expect(map.sourcesContent.join("").length, code).toBeGreaterThan(100);
  }
});

test("names no path of the machine that packed it", async () => {
  const folder = await unpacked();
  const here = join(import.meta.dirname, "../..");
  expect(spawnSync("grep", ["-rlF", here, folder], { encoding: "utf8" })).toMatchObject({ status: 1, stdout: "" });
});
