/** The table, for docs and for a terminal, and whether each goal is met. */
import { cpus } from "node:os";

/** @typedef {{ metric: string, unit: string, limits: "default" | "raised", values: Record<string, number> }} Row */

export const contestants = ["raw", "raw-text", "partner-panel", "penpal", "comlink", "capnweb", "mcp-ext-apps"];

/**
 * The goals of the design: `ratio` to the raw port in the same run, `most` in the row's own unit.
 * @type {{ metric: string, ratio?: number, most?: number }[]}
 */
export const goals = [
  { metric: "sequential call", ratio: 1.15 },
  { metric: "1,000 concurrent", ratio: 0.1 },
  { metric: "10,000 concurrent", ratio: 0.1 },
  { metric: "echo 1 MB", ratio: 0.9 },
  { metric: "16 MB buffer", ratio: 1.1 },
  { metric: "100,000 items", ratio: 0.05 },
  { metric: "100,000 items, longest host stall", most: 20 },
  { metric: "first answer after script start", ratio: 1.2 },
  { metric: "heap growth after 100,000 calls", most: 10 },
  { metric: "size, call a host", most: 4_096 },
  { metric: "size, everything", most: 6_144 },
  { metric: "panel: script of a host, gzip", most: 20_480 },
  { metric: "panel: script of a view without sign-in, gzip", most: 8_192 },
  { metric: "panel: 50 one after another, one of them hostile, longest host stall", most: 50 },
  { metric: "panel: layout shift, height in the tag", most: 0 },
  { metric: "panel: layout shift, height in a manifest that was prewarmed", most: 0 },
];

const own = "partner-panel";

/** @param {number} value */
const short = (value) =>
  value >= 1_000
    ? Math.round(value).toLocaleString("en")
    : value >= 100
      ? String(Math.round(value))
      : String(Number(value.toPrecision(3)));

/** @param {Row} row */
const isRaisedOrSize = ({ metric, limits }) => limits === "raised" || /^(size,|panel:)/.test(metric);

/**
 * @param {Row} row
 * @returns {{ goal: string, met: boolean } | null}
 */
function verdict(row) {
  const goal = isRaisedOrSize(row) ? goals.find(({ metric }) => metric === row.metric) : undefined;
  const value = row.values[own];
  if (!goal || value === undefined) return null;
  if (goal.most !== undefined)
    return { goal: `≤ ${short(goal.most)} ${row.unit.split(" ")[0]}`, met: value <= goal.most };
  return { goal: `≤ ${goal.ratio}`, met: value / (row.values["raw"] ?? Number.NaN) <= (goal.ratio ?? 0) };
}

/** @param {readonly Row[]} rows */
export function table(rows) {
  const lines = [
    `| metric | limits | unit | ${contestants.join(" | ")} | goal |`,
    `|---|---|---|${contestants.map(() => "---:").join("|")}|---|`,
  ];
  for (const row of rows) {
    const raw = row.values["raw"];
    const isTime = row.unit === "ms" || row.unit === "µs";
    const cells = contestants.map((name) => {
      const value = row.values[name];
      if (value === undefined) return "–";
      const ratio = isTime && raw && name !== "raw" ? ` (${short(value / raw)}×)` : "";
      return `${short(value)}${ratio}`;
    });
    const judged = verdict(row);
    const limits = row.metric.startsWith("size,") ? "" : row.limits;
    lines.push(
      `| ${row.metric} | ${limits} | ${row.unit} | ${cells.join(" | ")} | ${judged ? `${judged.goal}: ${judged.met ? "met" : "**missed**"}` : ""} |`,
    );
  }
  return lines.join("\n");
}

/** @param {readonly Row[]} rows */
export function panelTable(rows) {
  const lines = ["| metric | unit | bare frame | partner-panel | goal |", "|---|---|---:|---:|---|"];
  for (const row of rows) {
    const { raw, [own]: value = Number.NaN } = row.values;
    const ratio = raw && row.unit === "ms" ? ` (${short(value / raw)}×)` : "";
    const judged = verdict(row);
    const goal = judged ? `${judged.goal}: ${judged.met ? "met" : "**missed**"}` : "";
    const bare = raw === undefined ? "–" : short(raw);
    lines.push(`| ${row.metric.replace("panel: ", "")} | ${row.unit} | ${bare} | ${short(value)}${ratio} | ${goal} |`);
  }
  return lines.join("\n");
}

/**
 * @param {readonly Row[]} rows
 * @param {readonly Row[]} panelRows
 * @param {{ rounds: number, browser: string, load: readonly number[], versions: Record<string, string>, raised: Record<string, number>, notes: readonly string[] }} run
 */
export function document(rows, panelRows, { rounds, browser, load, versions, raised, notes }) {
  const listed = Object.entries(raised).map(([name, value]) => `\`${name}\` ${value.toLocaleString("en")}`);
  return `# Benchmark

Written by \`npm run bench\`, which measures what is here on your machine.

- **When**: ${new Date().toISOString().slice(0, 10)}. **Machine**: ${cpus().length} cores, ${cpus()[0]?.model.trim()}, ${process.platform}; Chromium ${browser}. **Load**: ${load.map((each) => each.toFixed(1)).join(" before, ")} after (one-minute averages; a quiet machine begins near 0, and the run itself makes about 2).
- **Versions**: ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}.
- **How**: the host at \`host.localhost\`, the view at \`view.localhost\`: two sites, which the run makes sure are two processes. The view calls, the host answers. ${rounds} rounds; in each, every contestant takes its turn at every metric, starting
  with another one each time. Medians; in brackets the ratio to a raw MessagePort with structured clone, which checks nothing. Every answer is compared with what was sent.
- **Ours** has valibot schemas on both sides, a scope to check at every call, and an audit listener that keeps the newest thousand events on both sides. The others check what they check by themselves.
- **raw-text** is the raw port with JSON text in place of structured clones, and as little checked: what text by itself costs and saves, where nothing is batched.
- **Payloads**: a call carries \`{ n, text }\`; an echo carries a list of flat records with eight fields, of that much JSON. Items go from the view to the host: as a stream where there is one (ours), else as messages or calls.
- **Stall**: the longest time a 4 ms timer of the host's page was late while the items came in.
- **Heap**: what both pages hold more than before, after 100,000 calls in groups of 50 and a full collection.
- **Limits**: "default" is what everybody gets; no call was answered \`BUSY\`. "raised" is ${listed.join(", ")}.
${notes.map((note) => `- ${note}`).join("\n")}

${table(rows)}

## The panel

A \`<partner-panel>\` whose view says \`ready()\` at once, needs no sign-in and asks nobody anything, beside a bare \`<iframe>\` that says hello, is sent a port and answers on it: the same two sites, each sample in a browser
profile of its own. **Script** is what a page loads before a panel can show, by a bundler, minified: the entry and what it imports at once. **Left** is what the host's page holds more than before after that many mounts, each
removed when it was ready, and a full collection. **Stall** is the longest time a 4 ms timer of the host's page was late; the hostile view floods its port and is then busy for 3 s. At once, the bare frames
are made in one task, and those of panels in one each.

${panelTable(panelRows)}
`;
}

/** @param {readonly Row[]} rows */
export function missed(rows) {
  return rows.filter((row) => verdict(row)?.met === false).map(({ metric }) => metric);
}
