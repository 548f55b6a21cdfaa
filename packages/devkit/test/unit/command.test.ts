import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../src/command.js";
import type { CheckReport } from "../../src/report.js";
import { host, manifestAt, servePartner } from "../support/partner.js";
import { run } from "../support/run.js";

const origin = "https://app.trackwell.example";
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "partner-panel-check-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes a file and gives its path. */
async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(
    path,
    typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content),
  );
  return path;
}

/** The command in this process, as told to a terminal or not. */
async function inside(args: readonly string[], terminal: { columns?: number } | undefined = undefined, env = {}) {
  let [stdout, stderr] = ["", ""];
  const output = (add: (text: string) => void) => ({
    write: add,
    isTTY: terminal !== undefined,
    columns: terminal?.columns,
    hasColors: () => true,
  });
  const code = await runCommand(args, {
    stdout: output((text) => (stdout += text)),
    stderr: output((text) => (stderr += text)),
    env,
  });
  return { code, stdout, stderr };
}

describe("a file", () => {
  it("that holds", async () => {
    const { code, stdout, stderr } = await run(["check", await file("good.json", manifestAt(origin))]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Trackwell Issues 2.3.0");
    expect(stdout).toContain(`${origin}/.well-known/partner-panel.json`);
    expect(stdout).toContain("✓ No faults.");
    expect(stdout).not.toContain("\u001b");
  });

  it("with faults: each with its place, as editors open it, from the top", async () => {
    const bad = JSON.stringify({ ...manifestAt(origin), version: "2.3", extra: 1 }, null, 2);
    const path = await file("bad.json", bad);
    const { code, stdout } = await run(["check", "bad.json"], { cwd: folder });
    expect(code).toBe(1);
    expect(stdout).toContain("bad.json:4:3  /version");
    expect(stdout.indexOf("/version")).toBeLessThan(stdout.indexOf("/extra"));
    expect(stdout).toContain("✗ 2 faults.");
    const { stdout: json } = await run(["check", path, "--json"]);
    expect(JSON.parse(json)).toMatchObject({
      exitCode: 1,
      manifest: null,
      findings: [
        { severity: "fault", code: "VERSION_INVALID", subject: "manifest", pointer: "/version", line: 4, column: 3 },
        { code: "UNKNOWN_KEY", pointer: "/extra" },
      ],
    });
  });

  it("of a protocol that no host speaks: told, with its place, before a host refuses it", async () => {
    for (const [protocol, code] of [
      ["^1.0.0", 0],
      ["^2.0.0", 1],
      ["^1.0.1", 1],
    ] as const) {
      const path = await file("protocol.json", JSON.stringify({ ...manifestAt(origin), protocol }, null, 2));
      const told = await run(["check", path, "--json"]);
      expect(told.code, protocol).toBe(code);
      const { findings } = JSON.parse(told.stdout) as CheckReport;
      const found = { severity: "fault", code: "VERSION_MISMATCH", pointer: "/protocol", line: expect.any(Number) };
      expect(findings, protocol).toEqual(code === 0 ? [] : [expect.objectContaining(found)]);
    }
  });

  it("that is no JSON: where it ends to be some", async () => {
    const { code, stdout } = await inside(["check", await file("comma.json", '{\n  "id": "a",\n}')]);
    expect(code).toBe(1);
    expect(stdout).toContain("comma.json:3:1");
    expect(stdout).toContain("comma before a closing bracket");
  });

  it("with a byte order mark is read as a browser reads it; one that is too large is not read to its end", async () => {
    expect((await inside(["check", await file("bom.json", `\uFEFF${JSON.stringify(manifestAt(origin))}`)])).code).toBe(
      0,
    );
    const { code, stdout } = await inside(["check", await file("large.json", " ".repeat(10_000_000))]);
    expect({ code, large: stdout.includes("TOO_LARGE") }).toEqual({ code: 1, large: true });
    expect((await inside(["check", "/dev/zero"])).code).toBe(1);
  });

  it("is held against where it will be served", async () => {
    const path = await file("good.json", manifestAt(origin));
    expect((await inside(["check", path, "--url", `${origin}/elsewhere.json`])).code).toBe(0);
    const { code, stdout } = await inside(["check", path, "--url", "https://other.example/m.json"]);
    expect({ code, told: stdout.includes("SERVED_ELSEWHERE") }).toEqual({ code: 1, told: true });
    const insecure = await inside(["check", path, "--json", "--url", "http://evil.example/x"]);
    const { findings } = JSON.parse(insecure.stdout) as CheckReport;
    expect({ code: insecure.code, told: findings.map(({ message }) => message) }).toEqual({
      code: 1,
      told: ["Was served from no usable address; give --url as it will be served, over https and without user info."],
    });
  });

  it("as a file: URL, and one that is not there", async () => {
    expect((await inside(["check", `file://${await file("good.json", manifestAt(origin))}`])).code).toBe(0);
    const { code, stdout } = await run(["check", "nowhere.json"], { cwd: folder });
    expect({ code, told: stdout.includes("There is no file nowhere.json") }).toEqual({ code: 2, told: true });
    expect((await inside(["check", folder])).stdout).toContain("is a folder");
  });

  it("with --live: what it says against what is served", async () => {
    const { origin: live, manifest } = await servePartner();
    const same = await inside(["check", await file("same.json", manifest), "--live", "--host", host, "--strict"]);
    expect(same.code, same.stdout).toBe(0);
    const other = await file("other.json", { ...manifest, version: "3.0.0" });
    expect((await inside(["check", other, "--live", "--host", host])).code).toBe(0);
    const { code, stdout } = await inside(["check", other, "--live", "--host", host, "--strict"]);
    expect({ code, told: stdout.includes("NOT_DEPLOYED") }).toEqual({ code: 1, told: true });
    expect(stdout).toContain(`${live}/embed/issue`);
  });
});

describe("--compare", () => {
  const saved = () => file("saved.json", { ...manifestAt(origin), permissions: { camera: {} } });
  const compared = async (next: object, ...options: string[]) => {
    const path = await file("next.json", next);
    const { code, stdout } = await inside(["check", path, "--json", "--compare", await saved(), ...options]);
    const { findings, comparison } = JSON.parse(stdout) as CheckReport;
    return { code, comparison, codes: findings.map((finding) => `${finding.severity} ${finding.code}`) };
  };

  it("tells what widens and what narrows; wider counts with --strict", async () => {
    const wider = {
      ...manifestAt(origin),
      version: "2.4.0",
      scopes: { "ticket:read": { title: "x" }, "user:read": { title: "y", optional: true } },
    };
    const { code, codes, comparison } = await compared(wider);
    expect({ code, codes }).toEqual({ code: 0, codes: ["warning WIDENS", "note NARROWS"] });
    expect(comparison).toMatchObject({ before: "2.3.0", after: "2.4.0", rollback: false });
    expect(comparison?.widens).toMatchObject([{ kind: "scope", name: "user:read", pointer: "/scopes/user:read" }]);
    expect(comparison?.narrows).toMatchObject([{ kind: "permission", name: "camera" }]);
    expect((await compared(wider, "--strict")).code).toBe(1);
  });

  it("speaks of consent where users are asked, which is for scopes alone", async () => {
    const { permissions, ...rest } = manifestAt(origin, { version: "2.4.0" });
    const next = {
      ...rest,
      permissions: { ...permissions, camera: {}, microphone: {}, "x-why": {} },
      csp: { connectDomains: ["https://feed.example"] },
      scopes: { ...rest.scopes, "user:read": { title: "y", optional: true } },
    };
    const path = await file("asks.json", next);
    const { stdout } = await inside(["check", path, "--json", "--compare", await saved()]);
    const told = (JSON.parse(stdout) as CheckReport).findings.filter(({ code }) => code === "WIDENS");
    expect(told.map(({ pointer, message }) => [pointer, message.includes("consented")])).toEqual([
      ["/scopes/user:read", true],
      ["/permissions/microphone", false],
      ["/csp/connectDomains", false],
    ]);
  });

  it("lets what only narrows pass", async () => {
    const { code, codes } = await compared({ ...manifestAt(origin), version: "2.3.1" }, "--strict");
    expect({ code, codes }).toEqual({ code: 0, codes: ["note NARROWS"] });
  });

  it("tells of a rollback, and of a change under the same version", async () => {
    const back = await compared({ ...manifestAt(origin), version: "2.2.0", permissions: { camera: {} } });
    expect({ codes: back.codes, rollback: back.comparison?.rollback }).toEqual({
      codes: ["warning ROLLBACK"],
      rollback: true,
    });
    expect((await compared(manifestAt(origin))).codes).toEqual(["warning VERSION_SAME", "note NARROWS"]);
    const same = await compared({ ...manifestAt(origin), permissions: { camera: {} } }, "--strict");
    expect({ code: same.code, codes: same.codes }).toEqual({ code: 0, codes: [] });
  });

  it("needs a saved manifest that holds", async () => {
    const path = await file("good.json", manifestAt(origin));
    for (const other of [join(folder, "nowhere.json"), await file("broken.json", "{}")]) {
      expect((await inside(["check", path, "--compare", other])).code).toBe(2);
    }
  });
});

describe("the command line", () => {
  it.each([
    [[], "Say what to do"],
    [["frobnicate"], 'There is no command "frobnicate"'],
    [["check"], "Name a file or an address"],
    [["check", "a", "b"], "Name one file or address only"],
    [["check", "a", "--bogus"], "Unknown option"],
    [["check", "a", "--timeout"], "--timeout"],
    [["check", "a", "--timeout", "0"], "--timeout 0"],
    [["check", "a", "--timeout", "301"], "--timeout 301"],
    [["check", "a", "--host", "desk.example"], "--host"],
    [["check", "a", "--host", "https://desk.example/"], 'write it as "https://desk.example"'],
    [["check", "a", "--host", "*"], "wildcard"],
    [["check", "a", "--url", "ftp://a"], "--url ftp://a"],
    [["check", "https://user:secret@app.example"], "user info"],
    [["check", "https://app.example", "--url", "https://app.example/m.json"], "--url is for a file"],
  ])("%j is told what is wrong", async (args, words) => {
    const { code, stdout } = await inside(args);
    expect(code).toBe(2);
    expect(stdout).toContain(words);
    const json = await inside([...args, "--json"]);
    // An option that lacks its value takes the next word for it.
    if (args.at(-1) !== "--timeout") expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, exitCode: 2 });
  });

  it("--help and --version", async () => {
    const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
    const { code, stdout } = await run(["check", "--help"]);
    expect(code).toBe(0);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(90);
  });

  it("colours for a terminal and where it is told to, and never against NO_COLOR", async () => {
    const path = await file("good.json", manifestAt(origin));
    const coloured = async (terminal: object | undefined, env: object) =>
      (await inside(["check", path], terminal, env)).stdout.includes("\u001b[");
    expect(await coloured(undefined, {})).toBe(false);
    expect(await coloured({}, {})).toBe(true);
    expect(await coloured({}, { NO_COLOR: "1" })).toBe(false);
    expect(await coloured(undefined, { FORCE_COLOR: "1" })).toBe(true);
    expect(await coloured({}, { FORCE_COLOR: "0" })).toBe(false);
    const { stdout } = await run(["check", path], { env: { FORCE_COLOR: "1" } });
    expect(stripVTControlCharacters(stdout)).toBe((await run(["check", path])).stdout);
    expect(stdout).toContain("\u001b[");
  });

  it("shows in a terminal what it asks, in one line that is gone in the end; and nothing elsewhere", async () => {
    const { origin: live } = await servePartner();
    const { stderr } = await inside(["check", live], { columns: 30 });
    const shown = stderr.split("\r\u001b[K").slice(1);
    expect(shown.filter(Boolean).length).toBe(2);
    expect(shown.at(-1)).toBe("");
    for (const line of shown) expect(line.length).toBeLessThan(30);
    expect((await run(["check", live])).stderr).toBe("");
  });

  it("ends quietly where its reader has enough", async () => {
    const path = await file("bad.json", { x: 1 });
    const bin = fileURLToPath(new URL("../../bin/partner-panel.js", import.meta.url));
    const child = spawn(process.execPath, [bin, "check", path]);
    child.stdout.destroy();
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    await new Promise((resolve) => child.once("close", resolve));
    expect(stderr).toBe("");
  });
});

describe("whatever it is given", () => {
  // Not an address by accident: a test asks no stranger's server.
  const word = fc.string().filter((text) => !text.toLowerCase().includes("http"));
  const option = fc.constantFrom(
    "check",
    "--json",
    "--strict",
    "--live",
    "--host",
    "--url",
    "--compare",
    "--timeout",
    "-h",
    "--",
    "-",
  );

  it("never throws, and always ends with a status and words", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(word, option)), async (args) => {
        const { code, stdout } = await inside(args);
        expect([0, 1, 2]).toContain(code);
        expect(stdout.trim()).not.toBe("");
        expect(stdout).not.toContain("UNEXPECTED");
      }),
      { numRuns: 150 },
    );
  });

  it("reads any file, and any saved one, and writes no control character of theirs", async () => {
    const content = fc.oneof(
      fc.uint8Array(),
      fc.json(),
      fc.string({ unit: "binary" }),
      fc.record({ key: fc.string({ unit: "binary" }), value: fc.anything() }).map(({ key, value }) => {
        try {
          return JSON.stringify({ ...manifestAt(origin), [key]: value, name: key }, (_, each) =>
            typeof each === "bigint" ? String(each) : each,
          );
        } catch {
          return "";
        }
      }),
    );
    await fc.assert(
      fc.asyncProperty(content, content, async (one, two) => {
        const [path, other] = [await file("any.json", one), await file("other-any.json", two)];
        const { code, stdout } = await inside(["check", path, "--compare", other]);
        expect([0, 1, 2]).toContain(code);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
        expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(stdout).not.toContain("UNEXPECTED");
        const json = await inside(["check", path, "--json"]);
        expect((JSON.parse(json.stdout) as CheckReport).exitCode).toBe(json.code);
      }),
      { numRuns: 60 },
    );
  });
});
