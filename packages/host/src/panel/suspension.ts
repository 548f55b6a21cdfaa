import { around } from "./when-near.js";

/** A screen's height or width beyond the edge is out of sight: less would suspend what somebody is about to scroll to. */
const margin = "100%";

/** Whether one panel is to be suspended: because its page said so, or with `keep-alive` because nobody can see it. */
export class Suspension {
  readonly #onChange: () => void;
  /** What the page said, until it says otherwise; a `resume()` also ends when the panel comes into sight. */
  #said: boolean | null = null;
  #isOutOfSight = false;
  #observer: IntersectionObserver | null = null;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get isAway(): boolean {
    return this.#said ?? this.#isOutOfSight;
  }

  say(isAway: boolean): void {
    this.#set(isAway, this.#isOutOfSight);
  }

  /** Follows whether this frame can be seen, as it can not with `hidden`, `display: none` or far off-screen; null: no longer. */
  follow(frame: HTMLIFrameElement | null): void {
    this.#observer?.disconnect();
    this.#observer = null;
    if (frame === null) return this.#set(this.#said, false);
    this.#observer = new IntersectionObserver((entries) => {
      const isOutOfSight = entries.at(-1)?.isIntersecting === false;
      this.#set(!isOutOfSight && this.#said === false ? null : this.#said, isOutOfSight);
    }, around(margin));
    this.#observer.observe(frame);
  }

  /** The panel left the page. */
  end(): void {
    this.#observer?.disconnect();
    this.#observer = null;
    this.#said = null;
    this.#isOutOfSight = false;
  }

  #set(said: boolean | null, isOutOfSight: boolean): void {
    const before = this.isAway;
    this.#said = said;
    this.#isOutOfSight = isOutOfSight;
    if (this.isAway !== before) this.#onChange();
  }
}
