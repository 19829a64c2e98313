import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startRealtimeRig } from "../realtime/rig.ts";
import { findFaults } from "../support/axe.ts";
import { launchBrowser, openPage, type WatchedPage } from "../support/browser.ts";
import { DEMO_PAGES, serve, type TestServer } from "../support/serve.ts";
import { likeness, type SpeechPart, speech, writeWav } from "../support/speech.ts";
import { temporaryFolder } from "../support/temporary.ts";

// The demo's voice page with the built-in echo: Chromium's microphone plays a file, so what comes back can be compared with it.

const FAKE = ["--use-fake-device-for-media-stream"];
const ALLOWED = "--use-fake-ui-for-media-stream";

let server: TestServer;
/** Its microphone beeps. */
let beeping: Browser;
beforeAll(async () => {
  [server, beeping] = await Promise.all([serve({ assets: DEMO_PAGES }), launchBrowser([...FAKE, ALLOWED])]);
});
afterAll(() => Promise.all([server?.stop(), beeping?.close()]));

/** A browser whose microphone says this over and over. */
async function hearing(parts: readonly SpeechPart[]): Promise<Browser> {
  const file = join(await temporaryFolder(), "speech.wav");
  await writeWav(file, speech(parts));
  return closed(await launchBrowser([...FAKE, ALLOWED, `--use-file-for-fake-audio-capture=${file}`]));
}

function closed(browser: Browser): Browser {
  onTestFinished(() => browser.close());
  return browser;
}

interface VoicePage extends WatchedPage {
  /** Events that the page sent and got. */
  readonly sent: RealtimeEvent[];
  readonly got: RealtimeEvent[];
}

type RealtimeEvent = { readonly type: string; readonly [field: string]: unknown };

interface Opening {
  readonly prepare?: (page: Page) => Promise<unknown>;
  readonly at?: string;
}

async function openVoice(browser: Browser, { prepare, at = server.url }: Opening = {}): Promise<VoicePage> {
  const watched = await openPage(browser);
  onTestFinished(watched.close);
  const [sent, got]: [RealtimeEvent[], RealtimeEvent[]] = [[], []];
  watched.page.on("websocket", (socket) => {
    socket.on("framesent", ({ payload }) => sent.push(JSON.parse(String(payload)) as RealtimeEvent));
    socket.on("framereceived", ({ payload }) => got.push(JSON.parse(String(payload)) as RealtimeEvent));
  });
  await watched.page.addInitScript(countMicrophones);
  await prepare?.(watched.page);
  await watched.page.goto(`${at}/#/voice`);
  await watched.page.locator("#voice-model option", { hasText: "echo" }).waitFor({ state: "attached" });
  return { ...watched, sent, got };
}

function countMicrophones(): void {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = (constraints) => {
    Reflect.set(window, "opened", Number(Reflect.get(window, "opened") ?? 0) + 1);
    return open(constraints);
  };
}

/** The microphone as it is: what the browser does against noise and for loudness changes from time to time. */
function takeSoundAsItIs(): void {
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = () =>
    open({ audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
}

const start = (page: Page) => page.getByRole("button", { name: "Start talking" }).click();
const entries = (page: Page, who: string) => page.locator(`.voice-entry[data-who="${who}"]`);

function pcmOf(events: readonly RealtimeEvent[], type: string, field: string): Int16Array {
  const parts = events
    .filter((event) => event.type === type)
    .map((event) => Buffer.from(String(event[field]), "base64"));
  const bytes = Buffer.concat(parts);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Heights of what is drawn: pixels above and below the middle line. */
function drawnLevels(canvas: Element): { up: number; down: number } {
  const { width, height } = canvas as HTMLCanvasElement;
  const pixels = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
  const middle = height / 2;
  const drawn = { up: 0, down: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!pixels[(y * width + x) * 4 + 3] || Math.abs(y - middle) < 3) continue;
      if (y < middle) drawn.up++;
      else drawn.down++;
    }
  }
  return drawn;
}

test("plays back what was said, writes both sides down, and shows how loud they are", async () => {
  const spoken = { seconds: 2, voice: 1 };
  const browser = await hearing([{ seconds: 1 }, spoken, { seconds: 9 }]);
  const { page, errors, sent, got } = await openVoice(browser, {
    prepare: (fresh) => fresh.addInitScript(takeSoundAsItIs),
  });
  await expect(page.evaluate(() => Reflect.get(window, "opened"))).resolves.toBeUndefined();
  await page.getByText("This is an echo, not a model.").waitFor();
  await page.getByText("No provider with realtime voices is configured on this server.").waitFor();
  await start(page);
  await entries(page, "voice").first().waitFor();
  await expect(entries(page, "voice").first().innerText()).resolves.toMatch(
    /Echo\s+\(echo\) \d\.\d s of sound, played back\./,
  );
  await expect(entries(page, "you").first().innerText()).resolves.toMatch(
    /You\s+\(\d\.\d s of sound, not written down\)/,
  );
  await page.getByText("The echo is speaking.").waitFor();
  const canvas = page.locator(".voice-levels canvas");
  await expect
    .poll(() => canvas.evaluate(drawnLevels).then(({ up, down }) => up > 100 && down > 100), { timeout: 10_000 })
    .toBe(true);
  await expect.poll(() => got.some(({ type }) => type === "response.done"), { timeout: 10_000 }).toBe(true);
  const heard = pcmOf(got, "response.output_audio.delta", "delta");
  const said = pcmOf(sent, "input_audio_buffer.append", "audio");
  // The very samples come back, and they are those of the file.
  expect(Buffer.from(said.buffer).includes(Buffer.from(heard.buffer))).toBe(true);
  const likenessTo = (voice: number) => likeness(speech([{ ...spoken, voice }]), heard);
  expect(likenessTo(1)).toBeGreaterThan(0.9);
  expect(likenessTo(2)).toBeLessThan(0.5);
  await page.getByText("Listening. Say something, then pause.").waitFor();
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.getByRole("button", { name: "Start talking" }).waitFor();
  expect(errors).toEqual([]);
});

test("falls silent when it is talked over, and tells how much of it was heard", async () => {
  const browser = await hearing([{ seconds: 3, voice: 2 }, { seconds: 1.6 }]);
  const { page, errors, sent, got } = await openVoice(browser);
  await start(page);
  await page.locator('.voice-entry[data-state="cut"]').first().waitFor();
  const cut = sent.find(({ type }) => type === "conversation.item.truncate");
  const item = pcmOf(
    got.filter(({ item_id }) => item_id === cut?.item_id),
    "response.output_audio.delta",
    "delta",
  );
  expect(cut).toMatchObject({ content_index: 0, audio_end_ms: expect.any(Number) });
  expect(Number(cut?.audio_end_ms)).toBeGreaterThan(0);
  expect(Number(cut?.audio_end_ms)).toBeLessThanOrEqual(item.length / 24);
  await expect
    .poll(() => got.some(({ type }) => type === "conversation.item.truncated"), { timeout: 10_000 })
    .toBe(true);
  expect(errors).toEqual([]);
});

test("push to talk: only what is said while the space bar or the button is held goes out", async () => {
  const browser = await hearing([{ seconds: 2, voice: 3 }]);
  const { page, errors, sent, got } = await openVoice(browser);
  await page.getByLabel("Push to talk").check();
  await start(page);
  await page.getByText("Hold the button, or the space bar, and talk.").waitFor();
  const appended = () => sent.filter(({ type }) => type === "input_audio_buffer.append").length;
  expect(appended()).toBe(0);
  await page.locator("body").press("Tab");
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.down("Space");
  await page.getByText("You are speaking.").waitFor();
  await expect.poll(appended, { timeout: 10_000 }).toBeGreaterThan(25);
  await page.keyboard.up("Space");
  await entries(page, "voice").first().waitFor();
  await expect.poll(() => got.filter(({ type }) => type === "response.done").length, { timeout: 10_000 }).toBe(1);
  const before = appended();
  const button = page.getByRole("button", { name: "Hold to talk" });
  await button.hover();
  await page.mouse.down();
  await expect.poll(appended, { timeout: 10_000 }).toBeGreaterThan(before + 25);
  await page.mouse.up();
  await entries(page, "voice").nth(1).waitFor();
  const types = sent.map(({ type }) => type).filter((type) => type !== "input_audio_buffer.append");
  expect(types.filter((type) => type === "input_audio_buffer.commit").length).toBe(2);
  // A key that is let go at once says nothing; pressed from here, it could be held as long as the machine is busy.
  await page.evaluate(() => {
    for (const type of ["keydown", "keyup"])
      document.body.dispatchEvent(new KeyboardEvent(type, { key: " ", code: "Space", bubbles: true }));
  });
  await page.getByText("Hold the button, or the space bar, for as long as you talk.").waitFor();
  expect(errors).toEqual([]);
});

test("talks with a provider's voice, and shows what both said", async () => {
  const rig = await startRealtimeRig({ assets: DEMO_PAGES });
  onTestFinished(() => rig.stop());
  const browser = await hearing([{ seconds: 2, voice: 6 }]);
  const { page, errors } = await openVoice(browser, { at: rig.server.url });
  await page.getByLabel("Voice", { exact: true }).selectOption("gpt-realtime");
  await expect(page.getByText("This is an echo, not a model.").count()).resolves.toBe(0);
  await page.getByLabel("Push to talk").check();
  await start(page);
  const button = page.getByRole("button", { name: "Hold to talk" });
  await button.hover();
  await page.mouse.down();
  const provider = () => rig.provider.connections.at(-1);
  const appended = () =>
    provider()
      ?.events()
      .filter(({ type }) => type === "input_audio_buffer.append").length ?? 0;
  await expect.poll(appended, { timeout: 10_000 }).toBeGreaterThan(20);
  await page.mouse.up();
  await entries(page, "voice").getByText("Hello from the stand-in.").waitFor();
  await expect(entries(page, "voice").innerText()).resolves.toMatch(/^gpt-realtime/);
  await page.getByText("The voice is speaking.").waitFor();
  expect(provider()?.config()).toMatchObject({
    output_modalities: ["audio"],
    audio: { input: { turn_detection: null, transcription: { model: "gpt-4o-mini-transcribe" } } },
  });
  await page.getByRole("button", { name: "End", exact: true }).click();
  await rig.provider.until(() => provider()?.closed);
  expect(errors).toEqual([]);
});

test("muted, it hears silence", async () => {
  const browser = await hearing([{ seconds: 1, voice: 4 }]);
  const { page, sent } = await openVoice(browser);
  await start(page);
  await page.getByText("You are speaking.").waitFor();
  await page.getByRole("button", { name: "Mute", exact: true }).click();
  await page.getByText("You are muted.").waitFor();
  // What the file says over and over has no pause as long as this.
  const isSilent = () => {
    const said = pcmOf(
      sent.filter(({ type }) => type === "input_audio_buffer.append").slice(-75),
      "input_audio_buffer.append",
      "audio",
    );
    return said.length === 75 * 480 && said.every((sample) => sample === 0);
  };
  await expect.poll(isSilent, { timeout: 15_000 }).toBe(true);
});

test("without leave it says how to give it, and one can write instead", async () => {
  const browser = closed(await launchBrowser([...FAKE, "--deny-permission-prompts"]));
  const { page, got } = await openVoice(browser);
  await start(page);
  const alert = page.getByRole("alert");
  await alert.getByText("This page may not use your microphone.").waitFor();
  await alert.getByRole("button", { name: "Write instead" }).click();
  await page.getByLabel("Write instead").fill("Anybody there?");
  await page.keyboard.press("Enter");
  await entries(page, "voice").getByText("(echo) You wrote: Anybody there?").waitFor();
  await expect(entries(page, "you").innerText()).resolves.toContain("Anybody there?");
  expect(got.some(({ type }) => type === "error")).toBe(false);
});

describe("says what is wrong and what to do about it", () => {
  const MICROPHONES = [
    ["NotFoundError", "No microphone was found.", "Plug one in"],
    ["NotReadableError", "Your microphone is in use by another program.", "Close the other program"],
  ] as const;
  test.each(MICROPHONES)("%s", async (name, sentence, advice) => {
    const prepare = (fresh: Page) =>
      fresh.addInitScript((kind) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("x", kind));
      }, name);
    const { page } = await openVoice(beeping, { prepare });
    await start(page);
    await expect(page.getByRole("alert").innerText()).resolves.toContain(sentence);
    await expect(page.getByRole("alert").innerText()).resolves.toContain(advice);
    await page.getByRole("button", { name: "Start talking" }).waitFor();
  });

  const ENDINGS = [
    ["the time is over", { ttlSeconds: 600, limits: { realtimeSeconds: 2 } }, "Your talking time is used up."],
    ["the credential has expired", { ttlSeconds: 3 }, "Your temporary credential has expired."],
  ] as const;
  test.each(ENDINGS)("%s", async (_, sessions, sentence) => {
    const config = { orgs: { default: { sessions: { authorize: { type: "anonymous" }, ...sessions } } } };
    const limited = await serve({ assets: DEMO_PAGES, settings: { MINT_CONFIG: JSON.stringify(config) } });
    onTestFinished(() => limited.stop());
    const { page } = await openVoice(beeping, { at: limited.url });
    await start(page);
    await page.getByRole("alert").getByText(sentence).waitFor();
    await page.getByRole("button", { name: "Start talking" }).waitFor();
  });

  test("a server that is out of reach", async () => {
    const other = await serve({ assets: DEMO_PAGES });
    const { page, close } = await openPage(beeping);
    onTestFinished(close);
    await page.goto(`${other.url}/#/voice`);
    await page.locator("#voice-model option", { hasText: "echo" }).waitFor({ state: "attached" });
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await start(page);
    await page.getByText("Listening.", { exact: false }).or(page.getByText("You are speaking.")).waitFor();
    await page.getByRole("button", { name: "End", exact: true }).click();
    await other.stop();
    await start(page);
    await page.getByRole("alert").getByText("The server could not be reached.").waitFor();
  });
});

test("has no fault that axe finds, before and in a conversation, and fits a phone", async () => {
  const browser = await hearing([{ seconds: 1, voice: 5 }, { seconds: 4 }]);
  const { page } = await openVoice(browser);
  await page.setViewportSize({ width: 390, height: 844 });
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(await findFaults(page)).toEqual([]);
  expect(await overflow()).toBe(0);
  await start(page);
  await entries(page, "voice").first().waitFor();
  expect(await findFaults(page)).toEqual([]);
  expect(await overflow()).toBe(0);
});
