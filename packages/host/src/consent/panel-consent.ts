import type { Manifest, ResolvedView } from "@partner-panel/manifest";
import type { ScopesAnswer } from "@partner-panel/postmessage-rpc/panel";
import { type Decided, decided } from "../audit.js";
import { Failure } from "../errors.js";
import { agreedBefore, isNewHere, noteAgreed, noteVersion } from "../manifests/manifest-memory.js";
import { notEntitled, notGranted } from "../panel/left-out.js";
import type { RunOwner, RunSettings } from "../panel/run-types.js";
import { Consent, type ConsentDecision } from "./consent.js";
import { questionAbout } from "./consent-question.js";
import type { PanelGrants } from "./panel-grants.js";

const decisions: Readonly<Record<ConsentDecision, Pick<Decided, "decision" | "reason">>> = {
  granted: { decision: "allowed", reason: "CONSENT_GRANTED" },
  refused: { decision: "denied", reason: "CONSENT_REFUSED" },
  silent: { decision: "denied", reason: "CONSENT_SILENT" },
};

/** An older version than the one last seen is taken all the same, and audited. */
export function auditRollback(manifest: Manifest, user: string | null, owner: RunOwner): void {
  const before = noteVersion(user, manifest);
  if (before === null) return;
  import("../manifests/manifest-changes.js").then(
    ({ isRollback }) => {
      if (isRollback(manifest.version, before)) owner.onAudit(decided("allowed", "MANIFEST_ROLLBACK"));
    },
    () => {},
  );
}

/**
 * The consent of one run's user, audited.
 *
 * @param onChange runs after each change, whoever made it, while it already holds.
 */
export function consentOf(
  { manifest, view }: { manifest: Manifest; view: ResolvedView },
  { user, store }: RunSettings,
  owner: RunOwner,
  onChange: () => void,
): Consent {
  const mine = (scopes: readonly string[]) => scopes.filter((scope) => view.scopes.includes(scope));
  return new Consent({
    partner: { partner: manifest.id, origin: manifest.origin },
    user,
    store,
    ask: (scopes, signal, isOpening) => {
      const { locale } = owner.theme();
      const about = { manifest, view, panel: owner.label, locale, remembered: user !== null };
      return owner.askUser(questionAbout(scopes, about), signal, isOpening);
    },
    onChange: ({ removed }) => {
      onChange();
      for (const scope of mine(removed)) owner.onAudit(decided("ended", "CONSENT_REVOKED", scope));
    },
    onDecision: (decision, scopes, ms) => {
      const { decision: outcome, reason } = decisions[decision];
      for (const scope of mine(scopes)) owner.onAudit(decided(outcome, reason ?? "", scope, ms));
    },
  });
}

/**
 * Settles consent for what the view cannot do without. Resolves when the view may open.
 *
 * What a newer version of the manifest cannot do without any more is asked for beside the open panel, which goes on with what was
 * consented to. So is what is missing where this browser knows of no earlier version, and the user agreed to some of it elsewhere.
 *
 * @param onAsking whether the user is being asked before the view may open.
 * @throws Failure CONSENT_REFUSED where the user did not allow what the view never did without; SURFACE_NOT_GRANTED and NOT_ENTITLED
 *   where policy or plan left it out while the user was asked.
 */
export async function settleRequired(
  { manifest, view }: { manifest: Manifest; view: ResolvedView },
  grants: PanelGrants,
  options: {
    user: string | null;
    signal: AbortSignal;
    onAsking: (isAsking: boolean) => void;
    onAudit: (event: Decided) => void;
  },
): Promise<void> {
  const { user, signal } = options;
  const settled = () => {
    if (user !== null && grants.toAsk.length === 0) noteAgreed(user, manifest, view);
  };
  const missing = grants.toAsk;
  if (missing.length === 0) return settled();
  const since = user === null ? [] : await newSince(user, { manifest, view }, grants);
  if (missing.every((scope) => since.includes(scope))) {
    for (const scope of missing) options.onAudit(decided("denied", "MANIFEST_WIDENED", scope));
    // Its failures are those of the host's own policy, which the next question to it tells as well.
    grants.request(missing, signal).then(settled, () => {});
    return;
  }
  // From here on this browser knows what the user was asked: a part of it allowed is not consent from elsewhere.
  if (user !== null && agreedBefore(user, manifest, view) === null) noteAgreed(user, manifest, view);
  options.onAsking(true);
  const answer = await grants.request(missing, signal, true);
  options.onAsking(false);
  settled();
  if (answer.refused.length > 0) throw refusalOf(answer.refused);
}

/** The scopes that the view came to need after the user agreed to it. */
async function newSince(
  user: string,
  { manifest, view }: { manifest: Manifest; view: ResolvedView },
  grants: PanelGrants,
): Promise<readonly string[]> {
  const before = agreedBefore(user, manifest, view);
  if (before === null) {
    const isHeld = grants.current.granted.some(({ scope }) => view.required.includes(scope));
    return isHeld && isNewHere(user, manifest) ? grants.toAsk : [];
  }
  // Loaded where there is something to compare, which is seldom; where it cannot be, the user is asked as at the first time.
  return import("../manifests/manifest-changes.js").then(
    ({ requiredSince }) => requiredSince(before, manifest, view),
    () => [],
  );
}

/** Policy and plan are asked again after the user: what they left out meanwhile was not the user's No. */
function refusalOf(refused: ScopesAnswer["refused"]): Failure {
  const by = (...who: readonly string[]) => refused.filter((each) => who.includes(each.by)).map(({ scope }) => scope);
  const byPolicy = by("manifest", "policy");
  if (byPolicy.length > 0) return notGranted(byPolicy);
  const byPlan = by("plan");
  if (byPlan.length > 0) return notEntitled(byPlan);
  return new Failure("CONSENT_REFUSED", { message: `The user did not allow ${by("consent").join(", ")}` });
}
