import { expect, it, vi } from "vitest";
import { open } from "../examples/host.js";
import { addFrame, heard, pageUrl, siteOrigin, windowOf } from "./site.js";

it("the README's view calls the README's host, and is refused a scope", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const frame = addFrame(pageUrl("readme", "readme", { host: location.origin }));
  const said = heard(windowOf(frame), (data) => (data as { said?: unknown[] }).said);
  const session = await open(frame, siteOrigin("readme"));
  expect(await said).toEqual(["The printer is on fire: may be read only", { scope: "ticket:write" }]);
  expect(log.mock.calls).toEqual([
    ["ticket.get", "allowed", null],
    ["ticket.update", "denied", "SCOPE_DENIED"],
  ]);
  session.close();
  frame.remove();
  log.mockRestore();
});
