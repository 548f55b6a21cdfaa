import {
  type AuditEvent,
  type Contract,
  type Implementation,
  type Limits,
  type Members,
  RpcError,
} from "@partner-panel/postmessage-rpc";
import { requestWelcome } from "@partner-panel/postmessage-rpc/panel";
import type { PartnerAuth } from "./auth.js";
import { type ExactOrigins, type HostCheck, hostCheck } from "./hosts.js";
import { isLoopbackName } from "./loopback.js";
import type { SignInPaths } from "./open-panel.js";
import type { Panel } from "./panel.js";

export interface ConnectOptions<
  M extends Members = Record<never, never>,
  Hosts extends readonly string[] = readonly string[],
> {
  /** What the host provides: `panel.host` has its methods. Left out: nothing is called. */
  contract?: Contract<M>;
  /** What the host may call in the view: all of it, if it is one of `hosts`. */
  provide?: Implementation | readonly Implementation[];
  /**
   * Who may embed the view: exact origins, as `location.origin` has them, or a function that says so. A view that is itself
   * served from a loopback name also takes hosts on loopback names, unless a function decides.
   */
  hosts: (Hosts & ExactOrigins<Hosts>) | HostCheck;
  /**
   * How the view signs in. Left out: as the `auth` member of `/.well-known/partner-panel.json` on its own origin says. False: it
   * does not.
   */
  auth?: PartnerAuth | false;
  /** Where the pages of sign-in mode `code` are, if not where `@partner-panel/server` puts them. */
  signInPages?: SignInPaths;
  /** Whether the host's looks are put on the document's root. Default true. */
  theme?: boolean;
  /** Whether the content's height is reported to the host. Default true. */
  size?: boolean;
  /** Whether the host hears of the shortcuts that it asked for. Default true. */
  keys?: boolean;
  /** Whether the host hears that somebody is there, and not what they do. Default true. */
  activity?: boolean;
  /**
   * Whether a view that is opened in a tab by itself says so at the top of the page, with a link to the partner's own page (the manifest's `link`).
   * False: the view shows something of its own upon NOT_EMBEDDED. Default true.
   */
  standalone?: boolean;
  /** Milliseconds of visible time until HANDSHAKE_TIMEOUT. Default 10 s. The user's consent does not count. */
  timeout?: number;
  /** Ends connecting (CANCELLED), not a panel that is connected already. */
  signal?: AbortSignal;
  /** What the view takes from the host; see `Limits` of the bridge. */
  limits?: Partial<Limits>;
  /** Gets each decision about a call, in either direction, without its payload. */
  onAudit?: (event: AuditEvent) => void;
}

/**
 * Connects a view with the host that embeds it: says hello, checks who answers, puts the host's looks on the document, reports the
 * content's height, and begins to sign in. Resolves when the user's consent to the scopes that the view cannot do without is settled.
 *
 * ```ts
 * const panel = await connect({ contract: desk, hosts: ["https://desk.example"] });
 * const ticket = await panel.host.ticket.get({ id: panel.context.ticketId });
 * panel.ready();
 * ```
 *
 * Rejects with RpcError NOT_EMBEDDED (opened in a tab by itself), CONFIG_REFUSED (`hosts`), EMBEDDER_REFUSED (the page is none of
 * `hosts`; it is told so, and nothing else), VERSION_MISMATCH, HANDSHAKE_TIMEOUT, CANCELLED, or with the session's end:
 * SESSION_CLOSED or the bridge's code.
 */
export async function connect<
  M extends Members = Record<never, never>,
  const Hosts extends readonly string[] = readonly string[],
>(options: ConnectOptions<M, Hosts>): Promise<Panel<Contract<M>>> {
  const { hosts, timeout, standalone = true, ...rest } = options;
  const isHost = hostCheck(hosts, location.hostname);
  if (window.parent === window) {
    if (standalone)
      void import("./not-embedded.js").then(({ showNotEmbedded }) =>
        showNotEmbedded(document, isLoopbackName(location.hostname)),
      );
    throw new RpcError("NOT_EMBEDDED", {
      message:
        "This view was opened by itself, and works only inside <partner-panel> on the page of a host. " +
        "Open that page instead; to develop, one of your own on a loopback name will do.",
    });
  }
  const gaveUp = new AbortController();
  const until = rest.signal === undefined ? gaveUp.signal : AbortSignal.any([rest.signal, gaveUp.signal]);
  const welcomed = requestWelcome({ hosts: isHost, timeout, signal: until });
  // Told by what waits for it.
  welcomed.catch(() => {});
  try {
    // It comes while the host makes up its answer to the hello.
    const code = import("./embedded.js").catch((cause: unknown) => {
      throw new RpcError("INTERNAL_ERROR", { message: "A part of the view's own code could not be loaded", cause });
    });
    // Without a welcome nothing waits for it.
    const { openEmbedded } = await Promise.race([code, welcomed.then(() => code)]);
    return await openEmbedded(rest, welcomed);
  } catch (error) {
    gaveUp.abort(error);
    welcomed.then(
      ({ port }) => port.close(),
      () => {},
    );
    throw error;
  }
}
