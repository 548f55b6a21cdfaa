import * as v from "valibot";
import { type FaultCode, type ManifestFault, pointerTo } from "./faults.js";
import { manifestLimits as limits } from "./limits.js";
import { readJson } from "./read.js";
import { crossFaults } from "./rules.js";
import { type Manifest, manifestSchema } from "./schema.js";
import { quoted } from "./url.js";

/** A manifest that holds, or everything that is wrong with it. */
export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly faults: readonly ManifestFault[] };

/**
 * Checks a manifest and gives it with its defaults, its texts with nothing hidden in them.
 *
 * All faults are told at once, each with a JSON pointer and a sentence to act on; only input beyond a limit of
 * {@link manifestLimits} is not looked at further. Never throws, and takes under 10 ms for the 64 KiB allowed.
 *
 * @param json the manifest's text, or a value parsed from it. Prefer the text: only there can a member that stands twice
 *   be seen, and the size be taken as served. A string is always taken for text.
 * @param options.url the address it was fetched from, which must be on the origin that it declares. `null` says that
 *   there is none, for a file on disk: never in a host.
 */
export function parseManifest(json: unknown, options: { readonly url: string | URL | null }): ParsedManifest {
  try {
    const reading = readJson(json);
    if (reading.value === undefined) return { ok: false, faults: reading.faults };
    const url = options?.url;
    const address = url instanceof URL ? url.href : url;
    const result = v.safeParse(manifestSchema, reading.value);
    const faults = [
      ...reading.faults,
      ...(result.issues ?? []).flatMap((issue) => describe(issue)),
      ...crossFaults(reading.value, typeof address === "string" || address === null ? address : undefined),
    ];
    return result.success && faults.length === 0
      ? { ok: true, manifest: result.output }
      : { ok: false, faults: inOrder(faults) };
  } catch {
    // Nothing known leads here. A host that parses a stranger's manifest must not fall over what we did not think of.
    return { ok: false, faults: [{ pointer: "", code: "NOT_JSON", message: "Cannot be read as a manifest." }] };
  }
}

/** Faults of the same place stand together, and one said twice is said once. */
function inOrder(faults: readonly ManifestFault[]): ManifestFault[] {
  const seen = new Map(faults.map((fault) => [`${fault.pointer} ${fault.code}`, fault]));
  return [...seen.values()].sort((a, b) => (a.pointer < b.pointer ? -1 : a.pointer > b.pointer ? 1 : 0));
}

function describe(issue: v.BaseIssue<unknown>, parent = ""): ManifestFault[] {
  const pointer = (issue.path ?? []).reduce((path, item) => pointerTo(path, String(item.key)), parent);
  // A text is a string or an object of them: what is wrong inside the one it is says more than that it is not the other.
  const inner = issue.issues?.filter((each) => each.kind !== "schema" || each.path !== undefined) ?? [];
  if (inner.length > 0) return inner.flatMap((each) => describe(each, pointer));
  const { message } = issue;
  const colon = message.indexOf(": ");
  // A sentence of ours; valibot's own begin with "Invalid".
  if (colon > 0 && !message.startsWith("Invalid")) {
    return [{ pointer, code: message.slice(0, colon) as FaultCode, message: message.slice(colon + 2) }];
  }
  if (issue.received === "undefined") return [{ pointer, code: "MISSING", message: missing(pointer) }];
  const received = typeof issue.input === "string" ? quoted(issue.input) : kindOf(issue.input);
  if (issue.type === "picklist" || issue.type === "literal") {
    return [{ pointer, code: "VALUE", message: `Must be ${issue.expected ?? "another value"}, not ${received}.` }];
  }
  return [{ pointer, code: "TYPE", message: `Must be ${expectedKind(issue.type)}, not ${received}.` }];
}

/** What a member is for, where its name alone does not tell what to write. */
const hints: Readonly<Record<string, string>> = {
  link: 'the link is the floor of every manifest; add { "entry": "/" }',
  title: "consent shows it to the user",
  protocol: 'the bridge protocol the view speaks, as "^1.0.0"',
  origin: 'the one origin of the views, as "https://app.example"',
  id: 'reverse DNS, as "com.example.issues"',
  version: 'a semantic version, as "2.3.0"',
  manifest_version: "1",
};

function missing(pointer: string): string {
  const name = pointer.slice(pointer.lastIndexOf("/") + 1);
  const hint = Object.hasOwn(hints, name) ? `: ${hints[name]}` : "";
  return `"${name}" is required${hint}.`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : String(value);
}

function expectedKind(type: string): string {
  if (type === "union") return `a string, or an object of strings by language (at most ${limits.members})`;
  if (type === "array") return "an array";
  if (type === "record" || type.endsWith("object")) return "an object";
  return `a ${type}`;
}
