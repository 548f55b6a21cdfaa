import { type Clock, systemClock } from "@partner-panel/postmessage-rpc";

const defaultTimeout = 10_000;

/** What an element gives each phase, in milliseconds of visible time. */
export function timeoutOf({ timeout }: { readonly timeout: number }): number {
  return timeout > 0 ? timeout : defaultTimeout;
}

/** A time limit that counts only while somebody could be looking: it stands still in a hidden tab. */
export class VisibleLimit {
  readonly #clock: Clock;
  readonly #run: () => void;
  #left: number;
  #since: number | null = null;
  #disarm: (() => void) | null = null;
  #done = false;

  constructor(milliseconds: number, run: () => void, clock: Clock = systemClock) {
    this.#left = milliseconds;
    this.#run = run;
    this.#clock = clock;
    document.addEventListener("visibilitychange", this.#follow);
    this.#follow();
  }

  /** Takes the limit back. */
  stop(): void {
    this.#done = true;
    document.removeEventListener("visibilitychange", this.#follow);
    this.#hold();
  }

  readonly #follow = (): void => {
    this.#hold();
    if (this.#done || document.visibilityState === "hidden") return;
    this.#since = this.#clock.now();
    this.#disarm = this.#clock.after(this.#left, () => {
      this.stop();
      this.#run();
    });
  };

  #hold(): void {
    this.#disarm?.();
    this.#disarm = null;
    if (this.#since !== null) this.#left = Math.max(0, this.#left - (this.#clock.now() - this.#since));
    this.#since = null;
  }
}
