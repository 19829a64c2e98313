import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { controlByApp, controlByScript } from "../../sw/control.ts";
import { PAGE } from "./rig.ts";

const SCRIPT = "https://app.example/mintgate-sw.js";

class FakeWorker extends EventTarget {
  readonly scriptURL: string;
  state: string;
  answers = true;
  constructor(state: string, scriptURL = SCRIPT) {
    super();
    this.state = state;
    this.scriptURL = scriptURL;
  }
  become(state: string) {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
  postMessage(_: unknown, [port]: MessagePort[]) {
    if (this.answers) port?.postMessage({ type: "mintgate:ready" });
  }
}

interface FakeRegistration {
  installing?: FakeWorker;
  waiting?: FakeWorker;
  active?: FakeWorker;
  unregister?: () => Promise<boolean>;
}

/** `registration` is what registering gives; `found` was there before. */
function createContainer(
  registration: FakeRegistration | Error | Promise<FakeRegistration>,
  controller: FakeWorker | null = null,
  found?: FakeRegistration,
) {
  const fake = Object.assign(new EventTarget(), {
    controller,
    registered: [] as unknown[],
    async register(...given: unknown[]) {
      fake.registered.push(given);
      if (registration instanceof Error) throw registration;
      return registration;
    },
    async getRegistration() {
      return found;
    },
    take(worker: FakeWorker) {
      fake.controller = worker;
      fake.dispatchEvent(new Event("controllerchange"));
    },
  });
  return { fake, container: fake as unknown as ServiceWorkerContainer };
}

beforeEach(() => {
  vi.stubGlobal("location", { href: PAGE });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a worker that we register", () => {
  test("is waited for until it controls the page", async () => {
    const installing = new FakeWorker("installing");
    const { fake, container } = createContainer({ installing });
    const control = controlByScript(container, "/mintgate-sw.js", { scope: "/app" });
    const settled = control.settle();
    expect(control.worker()).toBeUndefined();
    vi.useFakeTimers();
    await vi.advanceTimersByTimeAsync(0);
    installing.become("activating");
    fake.take(installing);
    // No timer fires: it is the change of control that ends the waiting.
    await settled;
    expect(control.worker()).toBe(installing);
    expect(fake.registered).toEqual([["/mintgate-sw.js", { scope: "/app" }]]);
  });

  test("that takes control before the registration resolves is not waited for", async () => {
    vi.useFakeTimers();
    const active = new FakeWorker("activated");
    const { fake, container } = createContainer({ installing: active });
    const control = controlByScript(container, "/mintgate-sw.js", {});
    const settled = control.settle();
    fake.take(active);
    await settled;
    expect(control.worker()).toBe(active);
  });

  test("that controls the page already is not waited for", async () => {
    const active = new FakeWorker("activated");
    const { container } = createContainer(new TypeError("no network"), active);
    const control = controlByScript(container, "/mintgate-sw.js", {});
    await control.settle();
    expect(control.worker()).toBe(active);
  });

  test("is not waited for after a hard reload, nor is the browser's look for a newer one", async () => {
    const { promise: never } = Promise.withResolvers<FakeRegistration>();
    const { container } = createContainer(never, null, { active: new FakeWorker("activated") });
    const control = controlByScript(container, "/mintgate-sw.js", {});
    await control.settle();
    expect(control.worker()).toBeUndefined();
  });

  test("that fails to install leaves it to the page", async () => {
    const installing = new FakeWorker("installing");
    const { container } = createContainer({ installing });
    const settled = controlByScript(container, "/mintgate-sw.js", {}).settle();
    await Promise.resolve();
    installing.become("redundant");
    await settled;
  });

  test("that never claims the page leaves it to the page", async () => {
    vi.useFakeTimers();
    const installing = new FakeWorker("installing");
    const { container } = createContainer({ installing });
    const control = controlByScript(container, "/mintgate-sw.js", {});
    const settled = control.settle();
    await vi.advanceTimersByTimeAsync(0);
    installing.become("activated");
    await vi.advanceTimersByTimeAsync(1_000);
    await settled;
    expect(control.worker()).toBeUndefined();
  });

  test("is not mistaken for another script's worker", async () => {
    const other = new FakeWorker("activated", "https://app.example/push-sw.js");
    const { fake, container } = createContainer({ active: new FakeWorker("activated") }, other);
    const control = controlByScript(container, "/mintgate-sw.js", {});
    await control.settle();
    expect(control.worker()).toBeUndefined();
    const ours = new FakeWorker("activated");
    fake.take(ours);
    expect(control.worker()).toBe(ours);
  });

  test("that the browser refuses is the browser's error", async () => {
    const { container } = createContainer(new DOMException("not here", "SecurityError"));
    await expect(controlByScript(container, "/mintgate-sw.js", {}).settle()).rejects.toThrow("not here");
  });

  test("is unregistered on demand", async () => {
    const unregister = vi.fn(async () => true);
    const { container } = createContainer({ active: new FakeWorker("activated"), unregister });
    const control = controlByScript(container, "/mintgate-sw.js", {});
    await control.settle();
    await control.unregister();
    expect(unregister).toHaveBeenCalledOnce();
  });
});

describe("a worker that the app registers", () => {
  test("is relied upon once it answers, and each new one anew", async () => {
    const first = new FakeWorker("activated");
    const { fake, container } = createContainer({}, first);
    const control = controlByApp(container);
    expect(control.worker()).toBeUndefined();
    await control.settle();
    expect(control.worker()).toBe(first);
    const second = new FakeWorker("activated");
    fake.take(second);
    expect(control.worker()).toBeUndefined();
    await vi.waitFor(() => expect(control.worker()).toBe(second));
    expect(fake.registered).toEqual([]);
  });

  test("that does not know us is left alone", async () => {
    vi.useFakeTimers();
    const foreign = new FakeWorker("activated");
    foreign.answers = false;
    const control = controlByApp(createContainer({}, foreign).container);
    const settled = control.settle();
    await vi.advanceTimersByTimeAsync(2_000);
    await settled;
    expect(control.worker()).toBeUndefined();
  });
});
