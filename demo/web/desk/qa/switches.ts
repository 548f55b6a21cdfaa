import { faults } from "./faults.js";

/** Each switch of a ticket's page, with the words that it takes; the first is the usual one. */
const choices = {
  /** How Trackwell's view gets to know who the agent is. */
  "sign-in": ["assertion", "exchange", "code"],
  /** Whether Desk's policy lets Trackwell's view open windows; `severed`: Desk's server has the browser cut them off from the page. */
  popups: ["on", "off", "severed"],
  /** `refuse`: Desk answers each question about scopes with No, in the agent's place. */
  consent: ["ask", "refuse"],
  theme: ["auto", "light", "dark"],
  display: ["inline", "dialog", "fullscreen"],
  loading: ["eager", "lazy"],
  "keep-alive": ["off", "on"],
  /** `on`: the panel is opened by a button, and got ready as soon as somebody is about to press it. */
  prewarm: ["off", "on"],
  /** Who else has a panel on this ticket. */
  beside: ["nobody", "mallory", "trackwell"],
  /** Whether the panel's remote control stands below it. */
  tools: ["off", "on"],
} as const;

type Choices = typeof choices;
export type SignInMode = Choices["sign-in"][number];

/** What QA switches on a ticket's page by its address: `/tickets/T-42?qa=silent&theme=dark`. */
export type Switches = { readonly [Name in keyof Choices]: Choices[Name][number] } & {
  /** What goes wrong: the id of one of `faults`. */
  readonly qa: string | null;
  /** BCP 47. */
  readonly locale: string | null;
  /** IANA. */
  readonly "time-zone": string | null;
  /** CSS pixels that the panel has in place of its column. */
  readonly width: number | null;
  /** CSS pixels. */
  readonly "max-height": number | null;
  /** Where the view is, kept in step with this page's address; null: it is not kept. */
  readonly route: string | null;
  /** What the address says and no switch takes, in words. */
  readonly wrong: readonly string[];
};

const text: Readonly<Record<"qa" | "locale" | "time-zone", (value: string) => boolean>> = {
  qa: (value) => faults.some(({ id }) => id === value),
  locale: (value) => does(() => Intl.getCanonicalLocales(value)),
  "time-zone": (value) => does(() => new Intl.DateTimeFormat("en", { timeZone: value })),
};
const hints: Readonly<Record<keyof typeof text, string>> = {
  qa: `one of ${faults.map(({ id }) => id).join(", ")}`,
  locale: "a language tag such as ar or en-GB",
  "time-zone": "a zone such as Asia/Tokyo",
};
/** Of widths and heights. */
const [fewestPixels, mostPixels] = [100, 2_000];

export const usual = readSwitches(new URL("http://localhost/"));

export function readSwitches({ searchParams: asked }: URL): Switches {
  const wrong: string[] = [];
  const refuse = (name: string, hint: string) => {
    wrong.push(`“${name}” does not take “${asked.get(name)}”, but ${hint}`);
  };
  const chosen = Object.entries(choices).map(([name, words]) => {
    const value = asked.get(name);
    const found = words.find((word) => word === value);
    if (value !== null && found === undefined) refuse(name, words.join(", "));
    return [name, found ?? words[0]];
  });
  const textOf = (name: keyof typeof text) => {
    const value = asked.get(name);
    if (value === null || text[name](value)) return value;
    refuse(name, hints[name]);
    return null;
  };
  const pixels = (name: "width" | "max-height") => {
    const value = Number(asked.get(name));
    if (!asked.has(name)) return null;
    if (Number.isInteger(value) && value >= fewestPixels && value <= mostPixels) return value;
    refuse(name, `${fewestPixels} to ${mostPixels}`);
    return null;
  };
  return {
    ...(Object.fromEntries(chosen) as Pick<Switches, keyof Choices>),
    qa: textOf("qa"),
    locale: textOf("locale"),
    "time-zone": textOf("time-zone"),
    width: pixels("width"),
    "max-height": pixels("max-height"),
    route: asked.get("route"),
    wrong,
  };
}

/** What is not as usual, for whoever looks at the page; empty if all is. */
export function switchWords(switches: Switches): string[] {
  const { qa } = switches;
  const fault = faults.find(({ id }) => id === qa);
  const named = (["theme", "display", "loading", "locale", "time-zone", "width", "max-height"] as const).filter(
    (name) => switches[name] !== usual[name],
  );
  return [
    ...(fault ? [`${fault.title}. Expect: ${fault.expect}`] : []),
    ...(switches["sign-in"] === usual["sign-in"] ? [] : [`Trackwell signs in by mode “${switches["sign-in"]}”`]),
    ...(switches.popups === "off" ? ["Trackwell may open no windows"] : []),
    ...(switches.popups === "severed"
      ? ["windows that Trackwell opens are cut off, once this page is loaded anew"]
      : []),
    ...(switches.consent === "refuse" ? ["Desk says No to whatever Trackwell asks for"] : []),
    ...named.map((name) => `${name}: ${switches[name]}`),
    ...(switches["keep-alive"] === "on" ? ["a panel that nobody can see is suspended"] : []),
    ...(switches.prewarm === "on" ? ["the panel waits for a press, and is got ready before it"] : []),
    ...(switches.route === null ? [] : ["the view's route stands in this page's address"]),
    ...switches.wrong,
  ];
}

function does(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
