import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const run = (script: string) =>
  execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });

test("importing does nothing and does not throw where there is no document", () => {
  const printed = run(`
    await import("@partner-panel/host");
    await import("@partner-panel/host/define");
    await import("@partner-panel/host/sign-in");
    console.log(typeof document);
  `);
  expect(printed.trim()).toBe("undefined");
});

test("configurePartners takes absolute addresses there, and refuses what is none", () => {
  const printed = run(`
    const { configurePartners } = await import("@partner-panel/host");
    configurePartners({ partners: { a: "https://a.example/manifest.json" } });
    try { configurePartners({ partners: { a: "not a url" } }); } catch (error) { console.log(error.message); }
  `);
  expect(printed).toContain("partners.a is not a URL");
});
