import { openSession } from "@partner-panel/postmessage-rpc";
import { expect, it } from "vitest";
import { Wire } from "./wire.js";

it("gives a sign of life, as any partner does: a panel of Mallory's lasts", async () => {
  const { port1, port2 } = new MessageChannel();
  const host = openSession(port1, {});
  const wire = new Wire(port2);
  expect(await host.ping()).toBe(undefined);
  host.close();
  wire.port.close();
});
