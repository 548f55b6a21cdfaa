import { type GrantResult, isInRange, type Manifest, type ResolvedView, viewOf } from "@partner-panel/manifest";
import { protocolVersions } from "@partner-panel/postmessage-rpc";
import { auditRollback, consentOf } from "../consent/panel-consent.js";
import { PanelGrants } from "../consent/panel-grants.js";
import { Failure } from "../errors.js";
import { forgetManifest, loadManifest } from "../manifests/manifest-loader.js";
import { notEntitled, notGranted } from "./left-out.js";
import type { RunOwner, RunSettings } from "./run-types.js";
import { VisibleLimit } from "./visible-limit.js";

/** What there is before there is a frame. */
export interface Prepared {
  readonly manifest: Manifest;
  readonly view: ResolvedView;
  readonly grants: PanelGrants;
}

/** The run that is prepared for. */
interface Preparing {
  readonly signal: AbortSignal;
  /** What the grant is made of changed: consent here or elsewhere, or time. */
  refresh(): void;
  onGrant(manifest: Manifest, grant: GrantResult): void;
  fail(failure: Failure): void;
}

/**
 * Manifest, what was consented to before, and the grant, within the run's time limit.
 *
 * @throws Failure where the manifest does not come or does not fit, or the host leaves out what the view cannot do without.
 */
export async function prepareRun(settings: RunSettings, owner: RunOwner, run: Preparing): Promise<Prepared> {
  const { signal } = run;
  const { timeout, manifestUrl } = settings;
  let isLoaded = false;
  const limit = new VisibleLimit(timeout, () => {
    if (isLoaded)
      return run.fail(new Failure("CONFIG_REFUSED", { message: `The consent store took over ${timeout} ms` }));
    // A retry of this panel must not wait for what this one waited for in vain.
    forgetManifest(manifestUrl);
    run.fail(new Failure("MANIFEST_UNREACHABLE", { message: `The manifest took over ${timeout} ms: ${manifestUrl}` }));
  });
  signal.addEventListener("abort", () => limit.stop(), { once: true });
  const manifest = await loadManifest(manifestUrl, { signal });
  isLoaded = true;
  signal.throwIfAborted();
  const view = viewIn(manifest, settings.view);
  auditRollback(manifest, settings.user, owner);
  const consent = consentOf({ manifest, view }, settings, owner, () => run.refresh());
  signal.addEventListener("abort", () => consent.end(), { once: true });
  await consent.load();
  limit.stop();
  signal.throwIfAborted();
  owner.onManifest(manifest, view);
  const grants = new PanelGrants({
    manifest,
    view,
    consent,
    policy: settings.policy,
    get plan() {
      return settings.plan;
    },
    onChange: (grant) => run.onGrant(manifest, grant),
    onExpiry: () => run.refresh(),
  });
  signal.addEventListener("abort", () => grants.end(), { once: true });
  requireAll(grants);
  return { manifest, view, grants };
}

function viewIn(manifest: Manifest, name: string): ResolvedView {
  const { id, protocol } = manifest;
  if (!protocolVersions.some((version) => isInRange(version, protocol)))
    throw new Failure("VERSION_MISMATCH", {
      message: `${id} speaks ${protocol} of the bridge's protocol, and this host ${protocolVersions.join(", ")}`,
    });
  const view = viewOf(manifest, name);
  if (view === undefined) throw new Failure("VIEW_UNKNOWN", { message: `${id} offers no view "${name}"` });
  return view;
}

function requireAll(grants: PanelGrants): void {
  if (grants.notGranted.length > 0) throw notGranted(grants.notGranted);
  if (grants.notEntitled.length > 0) throw notEntitled(grants.notEntitled);
}
