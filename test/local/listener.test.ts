import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { originsOf, readAddress } from "../../mint-server/local/address.ts";
import { listen } from "../../mint-server/local/listener.ts";

test("listens on port 8787 of this machine alone unless told otherwise", () => {
  expect(readAddress({})).toEqual({ host: "127.0.0.1", port: 8787 });
  expect(readAddress({ PORT: "", HOST: " " })).toEqual({ host: "127.0.0.1", port: 8787 });
  expect(readAddress({ PORT: "0", HOST: "0.0.0.0" })).toEqual({ host: "0.0.0.0", port: 0 });
});

test.for(["-1", "65536", "80a", "8 0", "1e3", "0x50"])("takes %j for no port", (PORT) => {
  expect(() => readAddress({ PORT })).toThrow("PORT: ");
});

test("answers under every name of the loopback address", () => {
  const loopback = ["http://127.0.0.1:8787", "http://localhost:8787", "http://[::1]:8787"];
  expect(originsOf({ host: "127.0.0.1", port: 8787 })).toEqual(loopback);
  expect(originsOf({ host: "::1", port: 8787 })[0]).toBe("http://[::1]:8787");
  expect(originsOf({ host: "0.0.0.0", port: 8787 }).slice(0, 3)).toEqual(loopback);
});

test("answers under nothing but a single address where it listens on that one", () => {
  expect(originsOf({ host: "192.0.2.7", port: 8080 })).toEqual(["http://192.0.2.7:8080"]);
});

test("names no port where it is the default one, as browsers do", () => {
  expect(originsOf({ host: "192.0.2.7", port: 80 })).toEqual(["http://192.0.2.7"]);
});

test("two on any free port get different ones", async () => {
  const listeners = await Promise.all([0, 0].map((port) => listen({ host: "127.0.0.1", port })));
  onTestFinished(() => {
    for (const listener of listeners) listener.close();
  });
  expect(new Set(listeners.map(({ port }) => port)).size).toBe(2);
});

test("says which port is taken", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await expect(listen({ host: "127.0.0.1", port })).rejects.toThrow(`PORT: ${port} is in use already`);
});
