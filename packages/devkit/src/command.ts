import { parseArgs, stripVTControlCharacters } from "node:util";
import { headersFor, type ManifestInput } from "@partner-panel/manifest";
import { check } from "./check.js";
import { printReport } from "./print.js";
import { type CheckReport, refusedReport } from "./report.js";
import { version } from "./version.js";

/** Where the command writes. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  hasColors?(): boolean;
}

export interface Surroundings {
  readonly stdout: Output;
  /** For progress alone, and only where somebody watches. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const help = `partner-panel check <file or address>

Checks a Partner Panel manifest, and the headers of the live views behind it.

  partner-panel check partner-panel.json
  partner-panel check https://app.example --host https://desk.example
  partner-panel check partner-panel.json --live --compare released.json --strict

An address is asked as a host's page asks it, and each view as a browser frames it;
of a bare origin, /.well-known/partner-panel.json is asked.

Options
  --host <origin>     a host that has to be able to read the manifest and frame the
                      views; may be given several times
  --url <address>     for a file: where it will be served (default: the origin that it
                      declares, and /.well-known/partner-panel.json)
  --live              for a file: ask the live manifest and views, too
  --compare <file>    a manifest saved earlier: what is asked for more and less
  --timeout <s>       seconds for each request (default 10, at most 300)
  --strict            warnings count as faults
  --json              print the report as JSON
  --help, --version

Exit status
  0  fine            1  faults (with --strict, also warnings)
  2  wrong usage, or not all could be read or reached, and no fault found

Colour follows NO_COLOR, FORCE_COLOR and whether the output is a terminal.
`;

/**
 * Runs the command line. Never rejects.
 *
 * @param args what follows the command's name.
 * @returns the exit status: 0, 1 or 2.
 */
export async function runCommand(args: readonly string[], { stdout, stderr, env }: Surroundings): Promise<0 | 1 | 2> {
  // Read before the arguments are known to be good, so that a machine gets JSON for those that are not.
  const json = args.includes("--json");
  const refuse = (code: string, message: string): 2 => {
    print(refusedReport("", code, message));
    return 2;
  };
  const print = (report: CheckReport) => {
    stdout.write(
      json ? `${JSON.stringify(report, null, 2)}\n` : printReport(report, { colour: hasColour(stdout, env) }),
    );
  };
  try {
    const { values, positionals } = parse(args);
    if (values.help) {
      stdout.write(help);
      return 0;
    }
    if (values.version) {
      stdout.write(`${version}\n`);
      return 0;
    }
    const [command, target, ...more] = positionals;
    if (command === undefined) throw new Usage("Say what to do: partner-panel check <file or address>.");
    if (command !== "check") throw new Usage(`There is no command "${command}"; there is check.`);
    if (target === undefined) throw new Usage("Name a file or an address: partner-panel check <file or address>.");
    if (more.length > 0) throw new Usage("Name one file or address only.");

    const progress = progressOn(stderr);
    try {
      const report = await check(target, {
        url: values.url === undefined ? undefined : httpAddress(values.url),
        live: values.live,
        hosts: values.host?.map(hostOrigin),
        compare: values.compare,
        timeoutMs: values.timeout === undefined ? undefined : seconds(values.timeout) * 1000,
        strict: values.strict,
        onProgress: progress.tell,
      });
      progress.end();
      print(report);
      return report.exitCode;
    } finally {
      progress.end();
    }
  } catch (error) {
    if (error instanceof Usage) return refuse("USAGE", `${error.message} See partner-panel --help.`);
    return refuse(
      "UNEXPECTED",
      `Something went wrong in the command itself: ${error instanceof Error ? error.stack : error}`,
    );
  }
}

/** The arguments are not as they should be. */
class Usage extends Error {}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        compare: { type: "string" },
        help: { type: "boolean", short: "h" },
        host: { type: "string", multiple: true },
        json: { type: "boolean" },
        live: { type: "boolean" },
        strict: { type: "boolean" },
        timeout: { type: "string" },
        url: { type: "string" },
        version: { type: "boolean", short: "v" },
      },
    });
  } catch (cause) {
    // Node's own sentences, as "Unknown option '--x'. To specify …".
    const message = cause instanceof Error ? (cause.message.split(". ", 1)[0] ?? "") : "";
    throw new Usage(`${message}.`, { cause });
  }
}

/** As small as a manifest can be: what is asked about is the host's origin. */
const floor: ManifestInput = {
  manifest_version: 1,
  id: "com.example",
  version: "1.0.0",
  name: "-",
  origin: "https://partner.example",
  protocol: "^1.0.0",
  surfaces: { link: { entry: "/" } },
};

/** By the manifest package's own rule, and in its own words. */
function hostOrigin(text: string): string {
  try {
    headersFor(floor, { hosts: [text] });
    return text;
  } catch (cause) {
    throw new Usage(`--host: ${cause instanceof Error ? cause.message : "is no origin."}`, { cause });
  }
}

function httpAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || url?.protocol === "http:") return url.href;
  throw new Usage(
    `--url ${text} is no address; write it whole, as https://app.example/.well-known/partner-panel.json.`,
  );
}

function seconds(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && number > 0 && number <= 300) return number;
  throw new Usage(`--timeout ${text} is no number of seconds from above 0 to 300.`);
}

/** As https://no-color.org and https://force-color.org say, and else as the terminal can. */
function hasColour(stdout: Output, env: Surroundings["env"]): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return stdout.isTTY === true && stdout.hasColors?.() === true;
}

/** One line that is written over, in a terminal alone: a log needs no progress. */
function progressOn(stderr: Output): { tell(what: string): void; end(): void } {
  if (stderr.isTTY !== true) return { tell: () => {}, end: () => {} };
  let shown = false;
  return {
    tell(what) {
      // Cut to the line, since a line that wraps cannot be written over.
      const text = `Asking ${stripVTControlCharacters(what)}`.slice(0, Math.max(10, (stderr.columns ?? 80) - 1));
      stderr.write(`\r\u001b[K${text}`);
      shown = true;
    },
    end() {
      if (shown) stderr.write("\r\u001b[K");
      shown = false;
    },
  };
}
