import type { Manifest, ResolvedView } from "@partner-panel/manifest";
import { systemClock } from "@partner-panel/postmessage-rpc";
import type { Decided } from "./audit.js";
import { Consent, type ConsentDecision } from "./consent.js";
import { questionAbout } from "./consent-question.js";
import { Failure } from "./errors.js";
import { agreedBefore, noteAgreed, noteVersion } from "./manifest-memory.js";
import type { PanelGrants } from "./panel-grants.js";
import type { RunOwner, RunSettings } from "./run-types.js";

const decisions: Readonly<Record<ConsentDecision, Pick<Decided, "decision" | "reason">>> = {
  granted: { decision: "allowed", reason: "CONSENT_GRANTED" },
  refused: { decision: "denied", reason: "CONSENT_REFUSED" },
  silent: { decision: "denied", reason: "CONSENT_SILENT" },
};

/** A decision that is about no call. */
export function decided(decision: Decided["decision"], reason: string, scope: string | null = null, ms = 0): Decided {
  return { at: systemClock.wall(), direction: "in", method: null, scope, decision, reason, ms: Math.round(ms) };
}

/** An older version than the one last seen is taken all the same, and audited. */
export function auditRollback(manifest: Manifest, user: string | null, owner: RunOwner): void {
  const before = user === null ? null : noteVersion(user, manifest);
  if (before === null) return;
  import("./manifest-changes.js").then(
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
 * consented to.
 *
 * @param onAsking whether the user is being asked before the view may open.
 * @throws Failure CONSENT_REFUSED where the user did not allow what the view never did without.
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
  const before = user === null ? null : agreedBefore(user, manifest, view);
  // Loaded where there is something to compare, which is seldom; where it cannot be, the user is asked as at the first time.
  const since =
    before === null
      ? []
      : await import("./manifest-changes.js").then(
          ({ requiredSince }) => requiredSince(before, manifest, view),
          () => [],
        );
  if (missing.every((scope) => since.includes(scope))) {
    for (const scope of missing) options.onAudit(decided("denied", "MANIFEST_WIDENED", scope));
    // Its failures are those of the host's own policy, which the next question to it tells as well.
    grants.request(missing, signal).then(settled, () => {});
    return;
  }
  options.onAsking(true);
  const answer = await grants.request(missing, signal, true);
  options.onAsking(false);
  settled();
  const refused = answer.refused.map(({ scope }) => scope);
  if (refused.length > 0)
    throw new Failure("CONSENT_REFUSED", { message: `The user did not allow ${refused.join(", ")}` });
}
