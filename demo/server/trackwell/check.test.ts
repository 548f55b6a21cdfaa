import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check } from "@partner-panel/devkit";
import { expect, test } from "vitest";
import { startDemo } from "../start-demo.js";
import { freePorts } from "../test-support/demo.js";

test("the partner's check finds nothing in Trackwell, but the view that is there to be found", async () => {
  const folder = await mkdtemp(join(tmpdir(), "partner-panel-demo-"));
  // In place of the built page, which this test does not wait for: its headers are what is checked.
  const webDir = join(folder, "web");
  await mkdir(join(webDir, "trackwell/embed"), { recursive: true });
  await writeFile(join(webDir, "trackwell/embed/issue.html"), "<!doctype html><title>Issue</title>");
  const demo = await startDemo({ basePort: await freePorts(), dataDir: join(folder, "data"), webDir });
  try {
    const { trackwell, desk, mallory } = demo.addresses;
    const report = await check(trackwell, { hosts: [desk], strict: true });
    expect(report.findings.map(({ severity, view, code }) => `${severity} ${view} ${code}`)).toEqual([
      "fault qa-redirect VIEW_LEAVES",
    ]);
    const strangers = await check(trackwell, { hosts: [mallory] });
    expect(strangers.findings).toContainEqual(expect.objectContaining({ view: "issue", code: "FRAMING_REFUSED" }));
  } finally {
    await demo.close();
    await rm(folder, { recursive: true, force: true });
  }
});
