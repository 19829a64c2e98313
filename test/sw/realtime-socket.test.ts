import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type RealtimePage, requestRealtimeCredential } from "../../sw/realtime-credential.ts";
import type { RealtimeError } from "../../sw/realtime-error.ts";
import { openRealtimeSocket, type RealtimeSocketOptions } from "../../sw/realtime-socket.ts";

// What a page sees of a session whose connection comes and goes. The sockets are made up; the clock is the test's.

/** A WebSocket whose other end is the test. */
class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  static readonly all: FakeSocket[] = [];
  readonly sent: string[] = [];
  readonly protocol = "realtime";
  readonly url: string;
  readonly protocols: readonly string[];
  readyState = FakeSocket.CONNECTING;
  binaryType = "blob";
  constructor(url: string, protocols: readonly string[]) {
    super();
    this.url = url;
    this.protocols = protocols;
    FakeSocket.all.push(this);
  }
  send(data: string): void {
    this.sent.push(data);
  }
  close(code = 1005, reason = ""): void {
    this.end(code, reason);
  }
  say(event: object): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(event) }));
  }
  greet(): void {
    this.readyState = FakeSocket.OPEN;
    this.dispatchEvent(new Event("open"));
    this.say({ type: "session.created" });
  }
  end(code: number, reason = ""): void {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code, reason }));
  }
}

let answer: () => Response;
let asked: { readonly url: string; readonly body: unknown }[];
let issued: number;

const page: RealtimePage = {
  mintServer: "https://app.example/v1/proxy",
  async fetch(input, init) {
    init?.signal?.throwIfAborted();
    asked.push({ url: String(input), body: JSON.parse(String(init?.body)) });
    return answer();
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all.length = 0;
  asked = [];
  issued = 0;
  answer = () => Response.json({ value: `ek_${++issued}`, expires_at: 2_000_000_000, session: {} });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The socket that was opened last, once there are so many. */
async function socketNumber(count: number): Promise<FakeSocket> {
  await vi.waitUntil(() => FakeSocket.all.length >= count);
  return FakeSocket.all[count - 1] as FakeSocket;
}

async function open(options: Partial<RealtimeSocketOptions> = {}) {
  const opening = openRealtimeSocket(page, { model: "gpt-realtime", ...options });
  const first = await socketNumber(1);
  first.greet();
  const socket = await opening;
  const told: string[] = [];
  const closes: CloseEvent[] = [];
  const errors: RealtimeError[] = [];
  socket.onmessage = ({ data }) => told.push((JSON.parse(String(data)) as { type: string }).type);
  socket.onclose = (event) => closes.push(event);
  socket.onerror = (event) => errors.push((event as Event & { readonly error: RealtimeError }).error);
  await vi.waitUntil(() => told.includes("session.created"));
  return { socket, first, told, closes, errors };
}

async function rejection(promise: Promise<unknown>): Promise<RealtimeError> {
  return promise.then(
    () => Promise.reject(new Error("it did not reject")),
    (error: RealtimeError) => error,
  );
}

describe("realtimeCredential", () => {
  test("asks for OpenAI's client secret and tells where it is good", async () => {
    const session = { instructions: "Be brief." };
    const options = { model: "gpt-realtime", session, expiresSeconds: 60 };
    expect(await requestRealtimeCredential(page, options)).toEqual({
      value: "ek_1",
      expires_at: 2_000_000_000,
      url: "wss://app.example/v1/proxy/realtime?model=gpt-realtime",
      callsURL: "https://app.example/v1/proxy/realtime/calls",
    });
    expect(asked).toEqual([
      {
        url: "https://app.example/v1/proxy/realtime/client_secrets",
        body: {
          expires_after: { anchor: "created_at", seconds: 60 },
          session: { type: "realtime", model: "gpt-realtime", instructions: "Be brief." },
        },
      },
    ]);
  });

  test.each([
    [402, "budget_exceeded", false, "counted anew"],
    [403, "insufficient_scope", false, "organisation's sessions"],
    [503, "ledger_unavailable", true, ""],
    [429, "rate_limit_exceeded", true, "Wait"],
  ])("says of %i %s what to do", async (status, code, isTemporary, advice) => {
    answer = () => Response.json({ error: { message: "No.", type: "x", param: null, code } }, { status });
    const error = await rejection(requestRealtimeCredential(page, { model: "m" }));
    expect(error).toMatchObject({ name: "RealtimeError", code, status, isTemporary });
    expect(error.advice).toContain(advice);
    expect(error.message).toContain("No.");
  });

  test("tells a server out of reach from a page that gave up", async () => {
    const away = { ...page, fetch: () => Promise.reject(new TypeError("Failed to fetch")) };
    expect(await rejection(requestRealtimeCredential(away, { model: "m" }))).toMatchObject({ code: "offline" });
    const reason = new Error("left");
    const given = { model: "m", signal: AbortSignal.abort(reason) };
    expect(await rejection(requestRealtimeCredential(page, given))).toBe(reason);
  });
});

describe("opening", () => {
  test("offers the credential as a subprotocol, and loses nothing that came before anybody listened", async () => {
    const { told, socket, first } = await open();
    expect(first.url).toBe("wss://app.example/v1/proxy/realtime?model=gpt-realtime&mintgate_events=1");
    expect(first.protocols).toEqual(["realtime", "openai-insecure-api-key.ek_1"]);
    expect(told).toEqual(["session.created"]);
    expect(socket).toMatchObject({ readyState: 1, OPEN: 1, protocol: "realtime" });
    socket.send("{}");
    expect(first.sent).toEqual(["{}"]);
  });

  test("a refusal that came as an event is an error, with the server's word", async () => {
    const opening = openRealtimeSocket(page, { model: "m" });
    const failed = rejection(opening);
    const socket = await socketNumber(1);
    socket.dispatchEvent(new Event("open"));
    socket.say({ type: "error", error: { message: "Spent.", code: "budget_exceeded" } });
    socket.end(4010, "budget_exhausted");
    expect(await failed).toMatchObject({ code: "budget_exhausted", closeCode: 4010, isTemporary: false });
  });

  test("is given up when the signal fires", async () => {
    const leaving = new AbortController();
    const failed = rejection(openRealtimeSocket(page, { model: "m", signal: leaving.signal }));
    const socket = await socketNumber(1);
    const reason = new Error("left");
    leaving.abort(reason);
    expect(await failed).toBe(reason);
    expect(socket.readyState).toBe(FakeSocket.CLOSED);
  });

  test("tells what is left, and keeps these events from the app", async () => {
    const onBudget = vi.fn();
    const { first, told } = await open({ onBudget });
    first.say({ type: "mintgate.budget", seconds_left: 90, usd_left: 0.5 });
    first.say({ type: "mintgate.warning", code: "idle_timeout", seconds_left: 30 });
    expect(onBudget.mock.calls).toEqual([
      [{ secondsLeft: 90, usdLeft: 0.5 }],
      [{ secondsLeft: 30, endsBecause: "idle_timeout" }],
    ]);
    expect(told).toEqual(["session.created"]);
  });
});

describe("a connection that breaks", () => {
  test.each([1001, 1005, 1006, 1011, 1012, 1013])("is made again after %i, with a new credential", async (code) => {
    const { socket, first, told, closes } = await open();
    first.end(code);
    expect(socket.readyState).toBe(FakeSocket.CONNECTING);
    expect(() => socket.send("{}")).toThrow(expect.objectContaining({ name: "InvalidStateError" }));
    await vi.advanceTimersByTimeAsync(200);
    const second = await socketNumber(2);
    expect(second.protocols[1]).toBe("openai-insecure-api-key.ek_2");
    second.greet();
    await vi.waitUntil(() => told.length === 3);
    expect(told).toEqual(["session.created", "mintgate.reconnected", "session.created"]);
    socket.send("{}");
    expect(second.sent).toEqual(["{}"]);
    expect(closes).toEqual([]);
  });

  test.each([1000, 1008, 4000, 4001, 4010])("is over after %i", async (code) => {
    const { socket, first, closes, errors } = await open();
    first.end(code, "why");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(closes).toMatchObject([{ code, reason: "why" }]);
    expect(socket.readyState).toBe(FakeSocket.CLOSED);
    expect(FakeSocket.all.length).toBe(1);
    expect(errors.length).toBe(code === 1000 ? 0 : 1);
  });

  test("is over in the middle of a response, and after it is made again", async () => {
    const { first, closes } = await open();
    first.say({ type: "response.created" });
    first.say({ type: "response.done" });
    first.end(1006);
    await vi.advanceTimersByTimeAsync(200);
    const second = await socketNumber(2);
    second.greet();
    await vi.advanceTimersByTimeAsync(0);
    second.say({ type: "response.created" });
    second.end(1006);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(closes).toMatchObject([{ code: 1006 }]);
    expect(FakeSocket.all.length).toBe(2);
  });

  test("that greets and breaks each time is not tried for ever, but one that lasted is tried anew", async () => {
    const { first, closes } = await open();
    await vi.advanceTimersByTimeAsync(20_000);
    let socket = first;
    for (let count = 2; count <= 7; count++) {
      socket.end(1011);
      await vi.advanceTimersByTimeAsync(8_000);
      socket = await socketNumber(count);
      socket.greet();
      await vi.advanceTimersByTimeAsync(count === 2 ? 10_000 : 0);
    }
    expect(closes).toEqual([]);
    socket.end(1011);
    await vi.advanceTimersByTimeAsync(8_000);
    (await socketNumber(8)).greet();
    await vi.advanceTimersByTimeAsync(0);
    (await socketNumber(8)).end(1011);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.all.length).toBe(8);
    expect(closes).toMatchObject([{ code: 1011 }]);
  });

  test("is not made again by one who does not want that, or who closed", async () => {
    const unwilling = await open({ reconnect: false });
    unwilling.first.end(1006);
    expect(unwilling.closes).toMatchObject([{ code: 1006 }]);
    FakeSocket.all.length = 0;
    const leaving = await open();
    leaving.first.end(1006);
    leaving.socket.close(1000, "bye");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(leaving.closes).toMatchObject([{ code: 1000, reason: "bye" }]);
    expect(FakeSocket.all.length).toBe(1);
    expect(leaving.errors).toEqual([]);
  });

  test("is given up after six attempts, or at once where the server says that no other will do", async () => {
    const { first, closes, errors } = await open();
    answer = () => Response.json({ error: { message: "Down.", code: null } }, { status: 503 });
    first.end(1006);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(7);
    expect(closes).toMatchObject([{ code: 1006 }]);
    expect(errors).toMatchObject([{ name: "RealtimeError", closeCode: 1006 }]);
    FakeSocket.all.length = 0;
    asked = [];
    answer = () => Response.json({ value: "ek_x", expires_at: 1 });
    const other = await open();
    answer = () => Response.json({ error: { message: "No more.", code: "budget_exceeded" } }, { status: 402 });
    other.first.end(1011);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(2);
    expect(other.errors).toMatchObject([{ code: "budget_exceeded" }]);
  });
});
