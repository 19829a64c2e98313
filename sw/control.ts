import { ask } from "./messages.ts";

/** A page's view of the worker that catches its requests. */
export interface Control {
  /** The worker that would catch a request made now; none if the page must see to it itself. */
  worker(): ServiceWorker | undefined;
  /** Registers the worker and waits until it is plain whether it controls this page. Rejects as the browser does. */
  settle(): Promise<void>;
  /** Takes back what `settle` did. */
  unregister(): Promise<void>;
}

/** No worker here: a web view, a private window, an origin that is not secure. */
export const NO_CONTROL: Control = {
  worker: () => undefined,
  settle: async () => undefined,
  unregister: async () => undefined,
};

/** Control by a worker that we register. One of another script may not be ours, and is not relied upon. */
export function controlByScript(
  container: ServiceWorkerContainer,
  script: string,
  options: RegistrationOptions,
): Control {
  const scriptURL = new URL(script, location.href).href;
  let registering: Promise<ServiceWorkerRegistration> | undefined;
  const worker = () => (container.controller?.scriptURL === scriptURL ? container.controller : undefined);
  return {
    worker,
    async settle() {
      registering = container.register(script, options);
      // It waits for the browser's own look at a newer script: a second, or an error without a network.
      registering.catch(() => undefined);
      if (worker() || (await isReloadedHard(container, scriptURL))) return;
      const registration = await registering;
      // It may have taken control in between.
      if (!worker()) await whenControlled(container, registration);
    },
    async unregister() {
      await (await registering?.catch(() => undefined))?.unregister();
    },
  };
}

/** How long a page's worker may take to say that it is ours; it may have to start. */
const HELLO_MS = 2_000;

/** Control by a worker that the app registers itself: relied upon once it has answered as `installProxy` does. */
export function controlByApp(container: ServiceWorkerContainer): Control {
  let known: ServiceWorker | undefined;
  const greet = async () => {
    const { controller } = container;
    if (controller && (await ask(controller, { type: "mintgate:hello" }, HELLO_MS))) known = controller;
  };
  return {
    worker: () => (known === container.controller ? known : undefined),
    async settle() {
      container.addEventListener("controllerchange", greet);
      await greet();
    },
    async unregister() {
      container.removeEventListener("controllerchange", greet);
    },
  };
}

/** True if the worker is there and does not control this page: it claimed its pages long ago, and will not again. */
async function isReloadedHard(container: ServiceWorkerContainer, scriptURL: string): Promise<boolean> {
  const { installing, waiting, active } = (await container.getRegistration()) ?? {};
  return active?.scriptURL === scriptURL && active.state === "activated" && !installing && !waiting;
}

/** How long an activated worker may take to claim the page. */
const CLAIM_MS = 1_000;

async function whenControlled(
  container: ServiceWorkerContainer,
  { installing, waiting, active }: ServiceWorkerRegistration,
): Promise<void> {
  const coming = installing ?? waiting ?? (active?.state === "activating" ? active : undefined);
  if (!coming) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      container.removeEventListener("controllerchange", finish);
      coming.removeEventListener("statechange", check);
      resolve();
    };
    const check = () => {
      if (coming.state === "redundant") finish();
      else if (coming.state === "activated") setTimeout(finish, CLAIM_MS);
    };
    container.addEventListener("controllerchange", finish);
    coming.addEventListener("statechange", check);
    check();
  });
}
