import { VisibleLimit } from "./visible-limit.js";

/** A further load of the frame must have a hello of its own within this many milliseconds. */
const silentDocument = 1_000;

/**
 * Notices that a frame's document went and nobody who speaks the protocol came. Each document of ours loads once and says hello
 * once, in either order (a slow image makes the load come later); a load that has no hello of its own is somebody else's.
 */
export class DocumentWatch {
  readonly #frame: HTMLIFrameElement;
  readonly #onSilence: () => void;
  #isConnected = false;
  /** A session opened since the last load, which must be still to come. */
  #isAwaitingLoad = false;
  /** A load came while there was no session; the next one is its document's. */
  #isAwaitingHello = false;
  #hasLoaded = false;
  #limit: VisibleLimit | null = null;

  constructor(frame: HTMLIFrameElement, onSilence: () => void) {
    this.#frame = frame;
    this.#onSilence = onSilence;
    frame.addEventListener("load", this.#onLoad);
  }

  /** Whether the frame has loaded anything at all: refused, blocked and unreachable pages count as well. */
  get hasLoaded(): boolean {
    return this.#hasLoaded;
  }

  onSession(): void {
    this.#isConnected = true;
    this.#isAwaitingLoad = !this.#isAwaitingHello;
    this.#isAwaitingHello = false;
  }

  onSessionEnd(): void {
    this.#isConnected = false;
    this.#limit?.stop();
  }

  stop(): void {
    this.#limit?.stop();
    this.#frame.removeEventListener("load", this.#onLoad);
  }

  readonly #onLoad = (): void => {
    this.#hasLoaded = true;
    if (this.#isConnected && !this.#isAwaitingLoad) {
      this.#limit?.stop();
      this.#limit = new VisibleLimit(silentDocument, this.#onSilence);
    }
    this.#isAwaitingHello = !this.#isConnected;
    this.#isAwaitingLoad = false;
  };
}
