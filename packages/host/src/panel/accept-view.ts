import type { Manifest } from "@partner-panel/manifest";
import {
  type AcceptOptions,
  acceptSession,
  combineContracts,
  type Implementation,
  RpcError,
  type Session,
} from "@partner-panel/postmessage-rpc";
import { type PanelWelcome, viewPanel } from "@partner-panel/postmessage-rpc/panel";
import { Failure } from "../errors.js";
import type { RunSettings } from "./run-types.js";

/** The session with a view, as far as the panel itself calls it; the element's `remote` has the rest. */
export type ViewSession = Session<typeof viewPanel>;

interface Accepting extends Required<Pick<AcceptOptions, "grant" | "signal" | "onAudit">> {
  readonly frame: HTMLIFrameElement;
  readonly manifest: Manifest;
  readonly words: Implementation;
  readonly welcome: PanelWelcome;
  /** Whether the frame has loaded anything at all. */
  hasLoaded(): boolean;
}

/**
 * The handshake with the document that is in the frame, or comes into it.
 *
 * @throws Failure LOAD_TIMEOUT, FRAMING_REFUSED, CONFIG_REFUSED (no window); RpcError as `acceptSession` rejects.
 */
export async function acceptView(
  { provide, use, timeout }: RunSettings,
  { frame, manifest, words, hasLoaded, welcome, ...options }: Accepting,
): Promise<ViewSession> {
  if (!frame.isConnected || frame.ownerDocument.defaultView === null)
    throw new Failure("CONFIG_REFUSED", { message: "The element is not in a document that can hold a frame" });
  try {
    return await acceptSession({
      ...options,
      get target() {
        return frame.contentWindow;
      },
      origin: manifest.origin,
      provide: [words, ...provide],
      use: use === null ? viewPanel : combineContracts(viewPanel, use),
      welcome: { ...welcome },
      timeout,
    });
  } catch (cause) {
    if (!(cause instanceof RpcError) || cause.code !== "HANDSHAKE_TIMEOUT") throw cause;
    if (Reflect.get(Object(cause.data), "hello") === true) throw cause;
    // Refused, blocked and unreachable frames all fire `load`, so this is as much as can be known.
    if (!hasLoaded())
      throw new Failure("LOAD_TIMEOUT", { message: `The view did not load within ${timeout} ms`, cause });
    throw new Failure("FRAMING_REFUSED", { message: `The view loaded and said nothing within ${timeout} ms`, cause });
  }
}
