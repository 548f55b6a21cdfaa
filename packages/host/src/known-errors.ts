import { RpcError } from "@partner-panel/postmessage-rpc";
import { Failure, PanelError, type PanelErrorCode, type PanelPhase } from "./errors.js";

interface Known {
  readonly phase: PanelPhase;
  /** Whether the same may succeed later, with nobody changing anything. */
  readonly retryable: boolean;
  /** How a developer fixes it. */
  readonly hint: string;
}

/** Every code of a panel that is not the bridge's own, with what to do about it. */
export const knownErrors = {
  CONFIG_REFUSED: {
    phase: "config",
    retryable: false,
    hint: "Correct what the message names: the element's attributes, configurePartners, or the manifest's addresses.",
  },
  PARTNER_UNKNOWN: {
    phase: "config",
    retryable: false,
    hint: "Name the partner in configurePartners({ partners }): a tag alone adds none.",
  },
  VIEW_UNKNOWN: {
    phase: "config",
    retryable: false,
    hint: "Use a view that the manifest's surfaces.panel.views names.",
  },
  MANIFEST_UNREACHABLE: {
    phase: "config",
    retryable: true,
    hint: "Open the manifest's URL: it must answer 200 without a redirect, allow this origin by CORS, and stand in connect-src of this page's CSP.",
  },
  MANIFEST_INVALID: {
    phase: "config",
    retryable: false,
    hint: "Tell the partner: `cause` lists each fault with its JSON pointer.",
  },
  SURFACE_NOT_GRANTED: {
    phase: "config",
    retryable: false,
    hint: "The host's policy leaves out panels of this partner, or a scope that the view cannot do without: see `policy` in configurePartners.",
  },
  LOAD_TIMEOUT: {
    phase: "load",
    retryable: true,
    hint: "The view's page did not load within the time limit: see the network log for its entry address.",
  },
  FRAMING_REFUSED: {
    phase: "load",
    retryable: true,
    hint: "The frame loaded something that never said hello. Look at the view's Content-Security-Policy (frame-ancestors must name this origin), X-Frame-Options and status, at frame-src of this page, and whether the view calls connect().",
  },
  HANDSHAKE_TIMEOUT: {
    phase: "handshake",
    retryable: true,
    hint: "The view said hello and did not finish: see its console.",
  },
  ORIGIN_MISMATCH: {
    phase: "handshake",
    retryable: false,
    hint: "The frame shows a page of another origin than the manifest's. Look for a redirect at the view's entry.",
  },
  VERSION_MISMATCH: {
    phase: "handshake",
    retryable: false,
    hint: "Host and view share no version of the bridge protocol: update the older of the two.",
  },
  EMBEDDER_REFUSED: {
    phase: "handshake",
    retryable: false,
    hint: "This page's origin is not among the `hosts` that the view names in connect().",
  },
  SIGN_IN_REQUIRED: {
    phase: "sign-in",
    retryable: true,
    hint: "The user must sign in first, at the host or at the partner.",
  },
  SIGN_IN_CANCELLED: { phase: "sign-in", retryable: true, hint: "The user ended the sign-in." },
  POPUP_BLOCKED: {
    phase: "sign-in",
    retryable: true,
    hint: "The browser blocked the sign-in window: open it on a click.",
  },
  ASSERTION_REFUSED: {
    phase: "sign-in",
    retryable: true,
    hint: "The host made no assertion: see the signIn strategy, its policy, and the back end's answer.",
  },
  TOKEN_REFUSED: {
    phase: "sign-in",
    retryable: true,
    hint: "The partner's token endpoint refused: see its answer in the frame's network log.",
  },
  ACCOUNT_NOT_LINKED: {
    phase: "sign-in",
    retryable: true,
    hint: "The partner has no account for this user yet. Link it there; or let the view do it: auth.modes with code, and the permission popups in your policy.",
  },
  CONSENT_REFUSED: {
    phase: "consent",
    retryable: true,
    hint: "The user said No to a scope that the view cannot do without.",
  },
  NOT_ENTITLED: {
    phase: "consent",
    retryable: false,
    hint: "The customer's plan leaves out a scope that the view cannot do without.",
  },
  PARTNER_UNRESPONSIVE: {
    phase: "session",
    retryable: true,
    hint: "The view connected and did not go on (it must sign in where its manifest says so, and call ready()), or it stopped answering: it crashed, or its script was busy for over 10 s.",
  },
  PARTNER_FAILED: {
    phase: "session",
    retryable: true,
    hint: "The view called fail(): `cause` holds its code and message.",
  },
  QUARANTINED: { phase: "session", retryable: true, hint: "The view broke the bridge's limits and was cut off." },
} as const satisfies Record<string, Known>;

/**
 * What a panel tells of what was thrown in it.
 *
 * @param options.isFinal the user said No so often that the page asks no more, so that trying again could only fail.
 */
export function panelErrorOf(
  thrown: unknown,
  { instanceId, isFinal = false }: { instanceId: string; isFinal?: boolean },
): PanelError {
  if (thrown instanceof PanelError) return thrown;
  if (thrown instanceof Failure) {
    const { code, message, cause } = thrown;
    const facts: Partial<Known> = Object.hasOwn(knownErrors, code) ? knownErrors[code as keyof typeof knownErrors] : {};
    const retryable = isFinal && code === "CONSENT_REFUSED" ? false : (thrown.retryable ?? facts.retryable);
    return new PanelError(code, message, {
      ...facts,
      instanceId,
      cause,
      retryable,
      phase: thrown.phase ?? facts.phase,
    });
  }
  if (thrown instanceof RpcError) {
    const failure = new Failure(thrown.code as PanelErrorCode, { message: thrown.message, cause: thrown });
    return panelErrorOf(failure, { instanceId });
  }
  return new PanelError("INTERNAL_ERROR", "The panel failed", { instanceId, cause: thrown });
}
