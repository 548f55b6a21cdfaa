import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { partners } from "../examples/partners.js";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const guide = read("../../../../docs/pin-a-partner.md");
const shown = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, code = ""]) => code.trim());

test("the guide shows the examples that are compiled and run, and no code besides", () => {
  const regions = ["partners", "contract", "app", "headers"]
    .flatMap((name) => [...read(`../examples/${name}.ts`).matchAll(/^\/\/ #region \w+\n([\s\S]*?)^\/\/ #endregion/gm)])
    .map(([, code = ""]) => code.trim());
  const code = shown("ts");
  expect(code).toHaveLength(regions.length);
  for (const each of code) expect(regions).toContain(each);
});

vi.mock("../examples/partners.js", () => ({ partners: { trackwell: "" } }));

const server = createServer((request, response) => {
  const { port } = server.address() as AddressInfo;
  const origin = `http://localhost:${port}`;
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("content-security-policy", "default-src 'none'; frame-ancestors https://desk.example");
  response.setHeader("origin-agent-cluster", "?1");
  if (request.url === "/embed/issue")
    return void response.setHeader("content-type", "text/html").end("<!doctype html>");
  response.setHeader("content-type", "application/json").end(
    JSON.stringify({
      manifest_version: 1,
      id: "example.trackwell",
      version: "1.0.0",
      name: "Trackwell",
      origin,
      protocol: "^1.0.0",
      scopes: { "ticket:read": { title: "See the open ticket" } },
      surfaces: { link: { entry: "/" }, panel: { views: { issue: { entry: "/embed/issue" } } } },
    }),
  );
});
let origin = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  partners.trackwell = `${origin}/.well-known/partner-panel.json`;
});
afterAll(() => void server.close());

test("the command of its first step finds nothing wrong with a partner that is in order", async () => {
  const [command = ""] = shown("sh");
  expect(command).toMatch(/^npx @partner-panel\/devkit check /);
  const args = command.replace("https://app.trackwell.example", origin).split(" ").slice(2);
  const bin = fileURLToPath(new URL("../../../devkit/bin/partner-panel.js", import.meta.url));
  const output = await new Promise<string>((resolve, reject) =>
    execFile(process.execPath, [bin, ...args], (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}${stderr}`)) : resolve(stdout),
    ),
  );
  expect(output).toContain("Trackwell 1.0.0");
});

test("the headers that it prints are those that it shows", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  await import("../examples/headers.js");
  const printed = log.mock.calls.map(([line]) => String(line).replaceAll(origin, "https://app.trackwell.example"));
  log.mockRestore();
  expect([printed.join("\n")]).toEqual(shown("text"));
});
