import { type Clock, systemClock } from "@partner-panel/postmessage-rpc";

/** Milliseconds that a view has to answer. */
const limit = 5_000;
/** Each view is asked at every third of these. */
const beatEvery = 3;
/** So many times in a row. */
const mostMisses = 2;
/** A timer that is later than this many milliseconds: the page stood still, and nobody could have answered. */
const mostLate = 1_000;

interface Watched {
  readonly ping: () => Promise<void>;
  readonly onSilence: () => void;
  misses: number;
  /** The tick at which it has had the whole time to answer; null: nothing is to be answered. */
  due: number | null;
}

type Page = Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">;

/**
 * Notices views that went without a word: no browser tells that a port's other end crashed. Every 15 s each view is asked for a sign of
 * life, again where none came within 5 s, and after 5 s more it is gone; so a crash is noticed within 25 s. Only time counts in which the page
 * can be seen and runs, and when it is seen again all are asked at once. One timer serves all the panels of the page.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #page: () => Page;
  readonly #watched = new Set<Watched>();
  #tick = 0;
  #stopTimer: (() => void) | null = null;

  constructor(clock: Clock = systemClock, page: () => Page = () => document) {
    this.#clock = clock;
    this.#page = page;
  }

  /**
   * Watches one view until the returned function is called, or it is found silent.
   *
   * @param ping Resolves when the view has answered, in whatever time.
   */
  watch(ping: Watched["ping"], onSilence: () => void): () => void {
    const watched = { ping, onSilence, misses: 0, due: null };
    if (this.#watched.size === 0) {
      this.#page().addEventListener("visibilitychange", this.#follow);
      this.#arm();
    }
    this.#watched.add(watched);
    // It may have crashed while nobody watched.
    this.#ask(watched, this.#tick + 2);
    return () => this.#forget(watched);
  }

  #forget(watched: Watched): void {
    if (!this.#watched.delete(watched) || this.#watched.size > 0) return;
    this.#disarm();
    this.#page().removeEventListener("visibilitychange", this.#follow);
  }

  readonly #follow = (): void => {
    this.#disarm();
    if (!this.#isSeen) return;
    this.#arm();
    this.#askAll();
  };

  get #isSeen(): boolean {
    return this.#page().visibilityState !== "hidden";
  }

  #disarm(): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
  }

  #arm(): void {
    if (!this.#isSeen) return;
    const due = this.#clock.now() + limit;
    this.#stopTimer = this.#clock.after(limit, () => {
      this.#arm();
      if (this.#clock.now() - due > mostLate) this.#askAll();
      else this.#beat();
    });
  }

  #beat(): void {
    this.#tick += 1;
    const isBeat = this.#tick % beatEvery === 0;
    for (const watched of [...this.#watched]) {
      if (watched.due === null ? isBeat : this.#tick >= watched.due) this.#judge(watched);
    }
  }

  #judge(watched: Watched): void {
    if (watched.due !== null) watched.misses += 1;
    if (watched.misses < mostMisses) return this.#ask(watched, this.#tick + 1);
    this.#forget(watched);
    watched.onSilence();
  }

  /** Whatever was missed before does not count. */
  #askAll(): void {
    for (const watched of [...this.#watched]) {
      watched.misses = 0;
      this.#ask(watched, this.#tick + 1);
    }
  }

  #ask(watched: Watched, due: number): void {
    watched.due = due;
    watched.ping().then(
      () => {
        watched.due = null;
        watched.misses = 0;
      },
      // A session that has ended has other ways to tell, and silence is judged above.
      () => {},
    );
  }
}

/** The page's. */
export const heartbeat = new Heartbeat();
