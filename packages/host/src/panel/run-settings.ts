import type { Implementation } from "@partner-panel/postmessage-rpc";
import { manifestUrlOf, ownMember, type PartnersConfig, partnersConfig } from "../config.js";
import { type ConsentStore, storageConsentStore } from "../consent/consent-store.js";
import { Failure } from "../errors.js";
import type { PartnerPanel } from "../partner-panel.js";
import type { RunSettings } from "./run-types.js";
import { timeoutOf } from "./visible-limit.js";

const localConsent = storageConsentStore();

/**
 * What a run of this element is about: its own properties where it has them, else the page's.
 * @throws Failure PARTNER_UNKNOWN; what the host's own functions throw.
 */
export function settingsFor(panel: PartnerPanel, config: PartnersConfig): RunSettings {
  const { partner, view, path, use } = panel;
  const manifestUrl = manifestUrlOf(config, partner);
  if (manifestUrl === undefined) {
    throw new Failure("PARTNER_UNKNOWN", { message: `This page has no partner "${partner}"` });
  }
  return {
    partner,
    manifestUrl,
    view,
    path,
    use,
    timeout: timeoutOf(panel),
    ...fixedFor(panel, config, partner),
    policy: () => {
      // No policy grants nothing: a partner that is merely named is shown, and may do nothing to the host.
      const policy = panel.policy ?? ownMember(partnersConfig()?.policy, partner) ?? { scopes: [] };
      return typeof policy === "function" ? policy(panel) : policy;
    },
    get plan() {
      return partnersConfig()?.plan;
    },
  };
}

/**
 * Whether the page or the element gives another user, another way to sign in, other handlers or another store than this run began with.
 * @throws what the host's `user()` throws.
 */
export function isOutdated(settings: RunSettings, panel: PartnerPanel, config: PartnersConfig): boolean {
  const { user, signIn, store, provide } = fixedFor(panel, config, settings.partner);
  return (
    user !== settings.user ||
    signIn !== settings.signIn ||
    store !== settings.store ||
    provide.length !== settings.provide.length ||
    provide.some((each, index) => each !== settings.provide[index])
  );
}

/** What page and element decide together and a run cannot change, for its session and its consent are made of it. */
function fixedFor(panel: PartnerPanel, config: PartnersConfig, partner: string) {
  return {
    provide: listOf(panel.provide ?? config.provide),
    signIn: panel.signIn ?? ownMember(config.signIn, partner),
    user: config.user?.() ?? null,
    store: storeOf(panel, config),
  };
}

/** Where consent is remembered for this element: in its own store, else the page's, else this browser. */
export function storeOf(
  element: { readonly consent: ConsentStore | null },
  config: PartnersConfig | null,
): ConsentStore {
  return element.consent ?? config?.consent ?? localConsent;
}

function listOf(provide: Implementation | readonly Implementation[] | undefined): readonly Implementation[] {
  return provide === undefined ? [] : "table" in provide ? [provide] : provide;
}
