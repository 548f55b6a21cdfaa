import {
  assertionFrom,
  codeInFrame,
  configurePartners,
  exchangeAt,
  implement,
  type PanelPolicy,
  type PartnerPanel,
  type PartnersConfig,
  type SignInStrategy,
  type UpgradeAction,
  type UpgradeRequest,
} from "@partner-panel/host";
import { desk as deskContract } from "../../desk-contract.js";
import { HttpError } from "../shared/http.js";
import { navigate } from "../shared/router.js";
import type { Agent, DeskConfig, Integrations } from "./api.js";
import type { Desk } from "./app.js";
import { type SignInMode, type Switches, usual } from "./qa/switches.js";
import { deskShortcuts } from "./shortcuts.js";
import { Tabs } from "./tabs.js";

/** The ticket this page shows, by Desk's own route; never what the markup of a panel says. */
function openTicket(): string | null {
  const [, section, id] = location.pathname.split("/");
  return section === "tickets" && id ? decodeURIComponent(id) : null;
}

type Hands = Pick<Desk, "agent" | "api" | "live" | "confirm">;

/** The page's partners: those that are installed, each with its policy and what Desk does for it. */
export class Partners {
  readonly #config: DeskConfig;
  readonly #hands: Hands;
  readonly #watchers = new Set<() => void>();
  readonly #provide: PartnersConfig["provide"];
  /** Made once, like the handlers: another one takes a new frame. */
  readonly #signIn: Readonly<Record<SignInMode | FaultySignIn, SignInStrategy>>;
  #switches: Switches = usual;
  /** For QA: manifests in place of those that Desk's configuration names. */
  readonly #pins = new Map<string, string>();
  readonly #shown = new WeakMap<PartnerPanel, string>();
  /** To this agent's other tabs: what was installed or removed here holds there as well. */
  readonly #tabs: Tabs<null>;
  state: Integrations;

  private constructor(config: DeskConfig, hands: Hands, state: Integrations) {
    this.#config = config;
    this.#hands = hands;
    this.#provide = handlers(hands);
    this.#signIn = strategies(hands);
    this.state = state;
    this.#tabs = new Tabs("desk-integrations", () => void this.#follow());
    this.#configure();
  }

  static async open(config: DeskConfig, hands: Hands): Promise<Partners> {
    return new Partners(config, hands, await hands.api.integrations());
  }

  /** Every partner that Desk knows, and where its manifest is. */
  get known(): Readonly<Record<string, string>> {
    return this.#config.partners;
  }

  isInstalled(partner: string): boolean {
    return this.state.installed.some((each) => each.partner === partner);
  }

  /** Calls `run` after each change; the returned function takes it back. */
  watch(run: () => void): () => void {
    this.#watchers.add(run);
    return () => this.#watchers.delete(run);
  }

  /** Throws `HttpError`. */
  async install(partner: string, isInstalled: boolean): Promise<void> {
    this.#take(await this.#hands.api.install(partner, isInstalled));
    this.#tabs.say(null);
  }

  get switches(): Switches {
    return this.#switches;
  }

  /** For QA: how Trackwell's view signs in, and what it may. */
  switchTo(switches: Switches): void {
    if (JSON.stringify(switches) === JSON.stringify(this.#switches)) return;
    this.#switches = switches;
    const isShared = switches["sign-in"] === "exchange";
    this.#setPin("trackwell", switches.qa === "no-manifest" ? noManifest : isShared ? sharedProviderManifest : null);
    this.#configure();
    this.#tellWatchers();
  }

  /** Pins another of the partner's manifests, by its path on the partner's own site; null: the usual one again. */
  pin(partner: string, path: string | null): void {
    if (this.#setPin(partner, path)) this.#configure();
  }

  /** Whether that changes anything. */
  #setPin(partner: string, path: string | null): boolean {
    const usual = this.known[partner];
    const url = path === null || usual === undefined ? undefined : new URL(path, usual).href;
    if (this.#pins.get(partner) === url) return false;
    if (url === undefined) this.#pins.delete(partner);
    else this.#pins.set(partner, url);
    return true;
  }

  /** On a page that shows several tickets: the one that this panel is shown beside, as Desk's own code has it. */
  showTicket(panel: PartnerPanel, id: string): void {
    this.#shown.set(panel, id);
  }

  close(): void {
    this.#tabs.close();
  }

  async #follow(): Promise<void> {
    try {
      this.#take(await this.#hands.api.integrations());
    } catch {
      // The page is left, or Desk's back end is away: what was known stays, and the next change is told again.
    }
  }

  #take(state: Integrations): void {
    this.state = state;
    this.#configure();
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #configure(): void {
    const { agent } = this.#hands;
    const { qa } = this.#switches;
    const installed = Object.entries(this.known).filter(([name]) => this.isInstalled(name));
    configurePartners({
      partners: Object.fromEntries(installed.map(([name, url]) => [name, this.#pins.get(name) ?? url])),
      policy: {
        trackwell: (panel) => trackwellPolicy(agent, this.#switches, this.#shown.get(panel) ?? openTicket()),
        // One ticket and no more, and that only after the agent's yes: so that there is a limit to be tried.
        mallory: { scopes: [{ scope: "ticket:read", where: { id: ["T-42"] } }] },
      },
      provide: this.#provide,
      signIn: { trackwell: this.#signIn[isFaulty(qa) ? qa : this.#switches["sign-in"]] },
      user: () => agent.id,
      ...(qa === "not-entitled" ? { plan: () => [] } : {}),
      upgrade,
      shortcuts: deskShortcuts,
      designTokens: designTokens(),
    });
  }
}

/** What Trackwell publishes for customers whose provider it trusts as its own, by its path on Trackwell's site. */
const sharedProviderManifest = "/manifests/shared-provider.json";

/** For QA: where Trackwell has none. */
const noManifest = "/manifests/none.json";

/** What Desk offers where a partner's view needs more than the agent has. */
function upgrade({ code }: UpgradeRequest): UpgradeAction {
  if (code === "SURFACE_NOT_GRANTED") return { label: "Ask an administrator", href: "/integrations" };
  return {
    label: "Get the larger plan",
    // The page without the switch that made the plan smaller.
    run: () => {
      const url = new URL(location.href);
      url.searchParams.delete("qa");
      navigate(url.href, { replace: true });
    },
  };
}

/** How Trackwell's view gets to know who the agent is: by Desk's word, by a token of the provider that both trust, or by itself. */
function strategies({ api, confirm }: Hands): Readonly<Record<SignInMode | FaultySignIn, SignInStrategy>> {
  const options = { headers: () => api.headers(), stepUp: confirm };
  const assertion = assertionFrom("/panel/assertion", options);
  return {
    assertion,
    exchange: exchangeAt("/panel/exchange", options),
    code: codeInFrame(),
    // For QA: Desk's back end makes no assertion there, is not told who asks, and vouches to a key that nobody has.
    "no-assertion": assertionFrom("/panel/no-assertion", options),
    "no-session": assertionFrom("/panel/assertion"),
    "no-token": (request) => assertion({ ...request, jkt: "A".repeat(43) }),
  };
}

const faultySignIns = ["no-assertion", "no-session", "no-token"] as const;
type FaultySignIn = (typeof faultySignIns)[number];

function isFaulty(qa: string | null): qa is FaultySignIn {
  return faultySignIns.some((each) => each === qa);
}

/** The ticket that is shown beside it and no other, and no more than the agent may do. */
function trackwellPolicy({ rights }: Agent, { popups, qa }: Switches, id: string | null): PanelPolicy {
  if (qa === "not-granted") return { scopes: [] };
  const where = { id: id ? [id] : [] };
  const scopes = ["ticket:read", "requester:read", ...(rights.includes("ticket:write") ? ["ticket:write"] : [])];
  return {
    scopes: scopes.map((scope) => ({ scope, where })),
    permissions: popups !== "off" ? ["forms", "popups"] : ["forms"],
  };
}

/** Made once: to a panel another one is another showing. */
function handlers({ api, live }: Hands): PartnersConfig["provide"] {
  return implement(deskContract, {
    "ticket.get": ({ id }, call) => api.ticket(id, call.signal),
    "ticket.update": async ({ id, ...patch }, call) => {
      try {
        const ticket = await api.update(id, patch, call.signal);
        live.tell(ticket);
        return ticket;
      } catch (error) {
        if (error instanceof HttpError && error.code === "TICKET_LOCKED") throw call.fail("TICKET_LOCKED");
        throw error;
      }
    },
    "ticket.requester": async ({ id }, call) => (await api.ticket(id, call.signal)).requester,
    "ticket.changes": ({ id }, call) => live.changes(id, call.signal),
  });
}

/** Desk's looks under the names of MCP Apps' style variables, from Desk's own style sheet. */
function designTokens(): Record<string, string> {
  const style = getComputedStyle(document.documentElement);
  const tokens: Record<string, string> = {
    "--border-radius-sm": "6px",
    "--border-radius-md": "8px",
    "--border-radius-lg": "10px",
    "--border-width-regular": "1px",
  };
  for (const [name, own] of Object.entries(tokenNames)) tokens[name] = style.getPropertyValue(own).trim();
  return tokens;
}

const tokenNames = {
  "--color-background-primary": "--surface",
  "--color-background-secondary": "--sunken",
  "--color-background-info": "--sky-wash",
  "--color-background-success": "--fern-wash",
  "--color-background-warning": "--pending-wash",
  "--color-background-danger": "--clay-wash",
  "--color-text-primary": "--ink",
  "--color-text-secondary": "--quiet",
  "--color-text-inverse": "--fern-ink",
  "--color-text-info": "--sky",
  "--color-text-success": "--fern",
  "--color-text-warning": "--pending",
  "--color-text-danger": "--clay",
  "--color-border-primary": "--line",
  "--color-border-secondary": "--line-strong",
  "--color-ring-primary": "--sky",
  "--font-sans": "--sans",
} as const;
