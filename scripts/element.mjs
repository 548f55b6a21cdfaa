/**
 * Writes what is generated from the class comments of the elements: the custom-elements manifest and the editor's data that the host's
 * package ships, and docs/element.md. `--check` writes nothing, and fails where one of them is not what the comments say.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "./lib/setup.mjs";

const host = join(root, "packages/host");
const elements = ["src/partner-panel.ts", "src/partner-grants.ts"];

/** @typedef {{ text: string }} Type */
/** @typedef {{ name: string, description?: string, type?: Type, default?: string, fieldName?: string, parameters?: any[], return?: { type: Type }, kind?: string, privacy?: string, static?: boolean, readonly?: boolean }} Entry */

/** @returns {any} the analyzer's manifest */
function analyze() {
  const out = mkdtempSync(join(tmpdir(), "partner-panel-elements-"));
  // The analyzer notes its output's place in package.json, whether that is wanted or not.
  const file = join(host, "package.json");
  const before = readFileSync(file);
  try {
    const command = join(root, "node_modules/@custom-elements-manifest/analyzer/cem.js");
    const given = ["analyze", "--litelement", "--quiet", "--globs", ...elements, "--outdir", relative(host, out)];
    execFileSync(process.execPath, [command, ...given], { cwd: host, stdio: ["ignore", "ignore", "inherit"] });
    return JSON.parse(readFileSync(join(out, "custom-elements.json"), "utf8"));
  } finally {
    if (!readFileSync(file).equals(before)) writeFileSync(file, before);
    rmSync(out, { recursive: true, force: true });
  }
}

/** @param {string} path */
const built = (path) => path.replace(/^src\/(.*)\.ts$/, "dist/$1.js");

/** Types as the comment has them: those of the code are names that an editor cannot complete. @param {string} path */
function attributeTypes(path) {
  const source = readFileSync(join(host, path), "utf8");
  return new Map(
    [...source.matchAll(/@attribute \{([^}]+)\} ([\w-]+)/g)].map(([, type = "", name = ""]) => [name, type]),
  );
}

/** What is taken apart in the head of a method is one object to its caller. @param {any} member */
function withPlainParameters(member) {
  if (member.parameters === undefined) return member;
  const parameters = member.parameters
    .filter((/** @type {Entry} */ { name }) => !name.includes(".") || name.startsWith("{"))
    .map((/** @type {Entry} */ each) => (each.name.startsWith("{") ? { ...each, name: "options" } : each));
  return { ...member, parameters };
}

const analyzed = analyze();
/** @type {any[]} */
const declarations = [];
for (const { path, declarations: found } of analyzed.modules) {
  for (const element of found.filter((/** @type {any} */ each) => each.customElement)) {
    const types = attributeTypes(path);
    const isPublic = (/** @type {Entry} */ { name, privacy }) =>
      privacy !== "private" && !name.startsWith("#") && name !== "connectedMoveCallback";
    declarations.push({
      ...element,
      attributes: element.attributes.map((/** @type {Entry} */ each) => ({
        ...each,
        type: { text: types.get(each.name) ?? each.type?.text },
      })),
      members: element.members.filter(isPublic).map(withPlainParameters),
      module: built(path),
    });
  }
}

const definitions = declarations.map(({ name, tagName, module }) => ({
  kind: "custom-element-definition",
  name: tagName,
  declaration: { name, module },
}));
const manifest = {
  schemaVersion: "1.0.0",
  readme: "README.md",
  modules: [
    ...declarations.map(({ module, ...declaration }) => ({
      kind: "javascript-module",
      path: module,
      declarations: [declaration],
      exports: [{ kind: "js", name: declaration.name, declaration: { name: declaration.name, module } }],
    })),
    { kind: "javascript-module", path: "dist/define.js", declarations: [], exports: definitions },
  ],
};

/** @param {string | undefined} type */
const valuesOf = (type = "") => [...type.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => ({ name }));

const editorData = {
  $schema: "https://raw.githubusercontent.com/microsoft/vscode-html-languageservice/main/docs/customData.schema.json",
  version: 1.1,
  tags: declarations.map(({ tagName, description, attributes }) => ({
    name: tagName,
    description,
    attributes: attributes.map((/** @type {Entry} */ each) => ({
      name: each.name,
      ...(each.description ? { description: each.description } : {}),
      ...(each.type?.text === "boolean" ? { valueSet: "v" } : {}),
      ...(valuesOf(each.type?.text).length > 0 ? { values: valuesOf(each.type?.text) } : {}),
    })),
  })),
};

/** @param {string | undefined} text */
const cell = (text = "") =>
  text
    .replace(/\s*\n\s*/g, " ")
    .replaceAll("|", "\\|")
    .trim();
/** @param {string | undefined} text */
const code = (text) => (text ? `\`${cell(text)}\`` : "");

/** @param {string} title @param {string[]} head @param {string[][]} rows */
function table(title, head, rows) {
  if (rows.length === 0) return "";
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return `\n### ${title}\n\n${[line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")}\n`;
}

/** @param {Entry} method */
function signature({ name, parameters = [], return: result, static: isStatic }) {
  const given = parameters.map((each) => `${each.name}${each.optional || each.default ? "?" : ""}`).join(", ");
  return `${isStatic ? "static " : ""}${name}(${given})${result ? `: ${result.type.text}` : ""}`;
}

/** @param {any} element */
function reference({ tagName, description, attributes, members, events = [], slots = [], cssParts = [], ...rest }) {
  const attributed = new Set(attributes.map((/** @type {Entry} */ each) => each.fieldName));
  const fields = members.filter((/** @type {Entry} */ each) => each.kind === "field" && !attributed.has(each.name));
  const methods = members.filter((/** @type {Entry} */ each) => each.kind === "method");
  const named = (/** @type {Entry[]} */ list = []) => list.map((each) => [code(each.name), cell(each.description)]);
  return [
    `\n## \`<${tagName}>\`\n\n${description}\n`,
    table(
      "Attributes",
      ["attribute", "property", "type", ""],
      attributes.map((/** @type {Entry} */ each) => [
        code(each.name),
        code(each.fieldName),
        code(each.type?.text),
        cell(each.description),
      ]),
    ),
    table(
      "Properties",
      ["property", "type", ""],
      fields.map((/** @type {Entry} */ each) => [code(each.name), code(each.type?.text), cell(each.description)]),
    ),
    table(
      "Methods",
      ["method", ""],
      methods.map((/** @type {Entry} */ each) => [code(signature(each)), cell(each.description)]),
    ),
    table(
      "Events",
      ["event", "class", ""],
      events.map((/** @type {Entry} */ each) => [code(each.name), code(each.type?.text), cell(each.description)]),
    ),
    table(
      "Slots",
      ["slot", ""],
      slots.map((/** @type {Entry} */ each) => [each.name ? code(each.name) : "(default)", cell(each.description)]),
    ),
    table("Parts", ["part", ""], named(cssParts)),
    table("Custom properties", ["property", ""], named(rest.cssProperties)),
    table("Custom states", ["state", ""], named(rest.cssStates)),
  ].join("");
}

const docs = `# The elements

Generated from the class comments by \`node scripts/element.mjs\`; the package ships the same as \`custom-elements.json\`, and for VS Code as
\`html-custom-data.json\` (\`"html.customData": ["./node_modules/@partner-panel/host/html-custom-data.json"]\`). How the parts work together is in the guide
[for host developers](host.md).
${declarations.map(reference).join("")}`;

const files = {
  "packages/host/custom-elements.json": `${JSON.stringify(manifest, null, 2)}\n`,
  "packages/host/html-custom-data.json": `${JSON.stringify(editorData, null, 2)}\n`,
  "docs/element.md": docs,
};
const isCheck = process.argv.includes("--check");
const stale = [];
for (const [file, text] of Object.entries(files)) {
  let before = "";
  try {
    before = readFileSync(join(root, file), "utf8");
  } catch {}
  if (before === text) continue;
  if (isCheck) stale.push(file);
  else writeFileSync(join(root, file), text);
}
if (stale.length > 0) {
  console.error(`Not what the class comments say: ${stale.join(", ")}. Run: node scripts/element.mjs`);
  process.exitCode = 1;
} else console.log(isCheck ? "The elements' reference is what their class comments say." : "Written.");
