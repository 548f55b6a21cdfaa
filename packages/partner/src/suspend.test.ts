import { expect, it } from "vitest";
import { hostAndView } from "../test/support.js";

async function opened() {
  const pair = hostAndView();
  const connecting = pair.connect();
  pair.host.remote.panel.opened({});
  return { ...pair, panel: await connecting };
}

it("tells a view that it is suspended and resumed, until it listens no more or the session ends", async () => {
  const { host, panel } = await opened();
  const heard: string[] = [];
  const stop = panel.on("suspend", () => heard.push("suspend"));
  panel.on("resume", () => heard.push("resume"));
  host.remote.panel.suspend({});
  host.remote.panel.resume({});
  await host.ping();
  expect(heard).toEqual(["suspend", "resume"]);
  stop();
  host.remote.panel.suspend({});
  await host.ping();
  expect(heard).toEqual(["suspend", "resume"]);
  host.close();
});

it("calls work in both directions while it is suspended", async () => {
  const { host, panel } = await opened();
  host.updateGrant([{ scope: "ticket:read" }]);
  host.remote.panel.suspend({});
  await host.ping();
  expect(await panel.host.ticket.get({ id: "T-42" })).toMatchObject({ id: "T-42" });
  host.close();
});
