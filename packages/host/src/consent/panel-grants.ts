import { type GrantResult, grantFor, type Manifest, type ResolvedView } from "@partner-panel/manifest";
import { type Clock, systemClock } from "@partner-panel/postmessage-rpc";
import type { ScopesAnswer } from "@partner-panel/postmessage-rpc/panel";
import type { PanelPolicy } from "../config.js";
import { Failure } from "../errors.js";
import type { Consent } from "./consent.js";

interface Sources {
  readonly manifest: Manifest;
  readonly view: ResolvedView;
  readonly consent: Consent;
  /** Asked anew each time. */
  readonly policy: () => PanelPolicy;
  readonly plan: (() => readonly string[]) | undefined;
  /** Told of each new grant, before anything that rests on it goes on. */
  readonly onChange: (grant: GrantResult) => void;
  /** Some of it has expired: to be computed anew by {@link PanelGrants.refresh}. */
  readonly onExpiry: () => void;
  readonly clock?: Clock;
}

/** Milliseconds: what a timer takes is 24 days. */
const longestWait = 86_400_000;

/** What one panel's view may do: manifest ∩ policy ∩ plan ∩ consent, computed anew whenever one of them may have changed. */
export class PanelGrants {
  readonly #sources: Sources;
  readonly #clock: Clock;
  #current: GrantResult;
  #stopTimer: (() => void) | null = null;
  #isOver = false;
  #policy: PanelPolicy;

  /** @throws Failure CONFIG_REFUSED where the host's policy or plan throws or is none. */
  constructor(sources: Sources) {
    this.#sources = sources;
    this.#clock = sources.clock ?? systemClock;
    this.#policy = { scopes: [] };
    this.#current = this.#compute();
    this.#awaitExpiry();
  }

  /** It is followed no more: policy and plan are not asked again. */
  end(): void {
    this.#isOver = true;
    this.#stopTimer?.();
  }

  get current(): GrantResult {
    return this.#current;
  }

  /** The policy as it last was. */
  get policy(): PanelPolicy {
    return this.#policy;
  }

  /** Required scopes that the customer's plan leaves out. */
  get notEntitled(): readonly string[] {
    return this.#requiredBy("plan");
  }

  /** Required scopes that the host's policy leaves out: without them the view cannot do what it is there for. */
  get notGranted(): readonly string[] {
    return this.#requiredBy("policy");
  }

  /** Required scopes that want nothing but the user's yes. */
  get toAsk(): readonly string[] {
    return this.#requiredBy("consent");
  }

  /** Whether the user said No so often that the page asks no more. */
  get isSilent(): boolean {
    return this.#sources.consent.isSilent;
  }

  /** Notes that the view used this scope. */
  used(scope: string): void {
    this.#sources.consent.used(scope);
  }

  /** Asks policy and plan again. */
  refresh(): void {
    const before = whole(this.#current);
    this.#current = this.#compute();
    this.#awaitExpiry();
    if (whole(this.#current) !== before) this.#sources.onChange(this.#current);
  }

  /** Asks the user for what a yes would give of these scopes. `isOpening`: the panel cannot open without. */
  async request(scopes: readonly string[], signal: AbortSignal, isOpening = false): Promise<ScopesAnswer> {
    this.refresh();
    const open = this.#current.refused.filter(({ scope, by }) => by === "consent" && scopes.includes(scope));
    if (open.length > 0) {
      await this.#sources.consent.request(
        open.map(({ scope }) => scope),
        signal,
        isOpening,
      );
      this.refresh();
    }
    return this.#answer(scopes);
  }

  /** Holds the user's yes to these scopes, which the host's page got in its own way. */
  async grant(scopes: readonly string[]): Promise<ScopesAnswer> {
    const asked = scopes.filter((scope) => this.#sources.view.scopes.includes(scope));
    const remembered = this.#sources.consent.add(asked);
    this.refresh();
    await remembered;
    return this.#answer(scopes);
  }

  /**
   * Takes these scopes back, as far as the view asks for them: what another view of the partner may do is none of this one's business.
   * They are gone when this returns its promise, which waits for the store alone.
   */
  async revoke(scopes: readonly string[]): Promise<ScopesAnswer> {
    const forgotten = this.#sources.consent.remove(scopes.filter((scope) => this.#sources.view.scopes.includes(scope)));
    this.refresh();
    await forgotten;
    return this.#answer(scopes);
  }

  /** The bridge refuses what has expired in any case; this is for who reads the grant. Policy is asked again: it may give more time. */
  #awaitExpiry(): void {
    this.#stopTimer?.();
    const earliest = Math.min(...this.#current.granted.map(({ expiresAt = Number.POSITIVE_INFINITY }) => expiresAt));
    if (this.#isOver || earliest === Number.POSITIVE_INFINITY) return;
    const wait = Math.max(1, Math.min(earliest - this.#clock.wall(), longestWait));
    this.#stopTimer = this.#clock.after(wait, () => this.#sources.onExpiry());
  }

  #answer(scopes: readonly string[]): ScopesAnswer {
    const { granted, refused } = this.#current;
    const held = new Set(granted.map(({ scope }) => scope));
    const asked = [...new Set(scopes)];
    return {
      granted: asked.filter((scope) => held.has(scope)),
      refused: asked
        .filter((scope) => !held.has(scope))
        .map((scope) => ({ scope, by: refused.find((each) => each.scope === scope)?.by ?? "manifest" })),
    };
  }

  #requiredBy(by: "plan" | "policy" | "consent"): readonly string[] {
    const { required } = this.#sources.view;
    return this.#current.refused
      .filter((each) => each.by === by && required.includes(each.scope))
      .map(({ scope }) => scope);
  }

  #compute(): GrantResult {
    const { manifest, view, consent, policy, plan } = this.#sources;
    try {
      this.#policy = policy();
      const allowed = plan?.();
      return grantFor({
        manifest,
        view: view.name,
        policy: this.#policy,
        consent: consent.scopes,
        ...(allowed === undefined ? {} : { plan: allowed }),
        now: this.#clock.wall(),
      });
    } catch (cause) {
      throw new Failure("CONFIG_REFUSED", {
        message: "The host's policy or plan threw, or is not of the right form",
        cause,
      });
    }
  }
}

/** To be compared: the surfaces are not enumerable. */
function whole(grant: GrantResult): string {
  return JSON.stringify([grant, grant.surfaces]);
}
