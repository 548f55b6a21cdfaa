import { HttpError } from "../shared/http.js";
import type { DeskApi, Ticket } from "./api.js";

type Listener = (ticket: Ticket) => void;
export type Liveness = "connecting" | "live" | "reconnecting";

interface Feed {
  listeners: Set<Listener>;
  watchers: Set<(state: Liveness) => void>;
  latest: Ticket | null;
  state: Liveness;
  stop: AbortController;
}

/**
 * The live state of tickets. However many parts of this page listen to a ticket there is one connection for it, as a
 * browser opens no more than six to one origin over HTTP/1.1. A lost connection is taken up again after 0.5 s,
 * doubling to 8 s, and at once when the browser says that it is online again.
 */
export class LiveTickets {
  readonly #api: DeskApi;
  readonly #feeds = new Map<string, Feed>();

  constructor(api: DeskApi) {
    this.#api = api;
  }

  /** Tells each state of a ticket, the last known one at once. Returns what ends it. */
  watch(id: string, listener: Listener, onState?: (state: Liveness) => void): () => void {
    const feed = this.#feeds.get(id) ?? this.#open(id);
    feed.listeners.add(listener);
    if (onState) {
      feed.watchers.add(onState);
      onState(feed.state);
    }
    if (feed.latest) listener(feed.latest);
    return () => {
      feed.listeners.delete(listener);
      if (onState) feed.watchers.delete(onState);
      if (feed.listeners.size > 0) return;
      feed.stop.abort();
      if (this.#feeds.get(id) === feed) this.#feeds.delete(id);
    };
  }

  /** The same as an endless sequence. A slow reader gets the newest state and not every one. */
  async *changes(id: string, signal: AbortSignal): AsyncGenerator<Ticket, void, undefined> {
    let newest: Ticket | null = null;
    let wake = () => {};
    const stop = this.watch(id, (ticket) => {
      newest = ticket;
      wake();
    });
    const onAbort = () => wake();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const ticket: Ticket | null = newest;
        newest = null;
        if (ticket) yield ticket;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      stop();
    }
  }

  /** Takes in a state that came another way (the answer to an update), so that nobody waits for the event. */
  tell(ticket: Ticket): void {
    const feed = this.#feeds.get(ticket.id);
    if (!feed || (feed.latest && feed.latest.revision >= ticket.revision)) return;
    feed.latest = ticket;
    for (const listener of [...feed.listeners]) listener(ticket);
  }

  /** Ends every connection. */
  close(): void {
    for (const feed of this.#feeds.values()) feed.stop.abort();
    this.#feeds.clear();
  }

  #open(id: string): Feed {
    const feed: Feed = {
      listeners: new Set(),
      watchers: new Set(),
      latest: null,
      state: "connecting",
      stop: new AbortController(),
    };
    this.#feeds.set(id, feed);
    void this.#run(id, feed);
    return feed;
  }

  async #run(id: string, feed: Feed): Promise<void> {
    const { signal } = feed.stop;
    const become = (state: Liveness) => {
      feed.state = state;
      for (const watcher of [...feed.watchers]) watcher(state);
    };
    let pause = 500;
    while (!signal.aborted) {
      try {
        for await (const ticket of this.#api.events(id, signal)) {
          pause = 500;
          if (feed.state !== "live") become("live");
          // Within one connection the server's order is the truth: after a reset revisions start anew.
          if (feed.latest?.revision === ticket.revision && feed.latest.updatedAt === ticket.updatedAt) continue;
          feed.latest = ticket;
          for (const listener of [...feed.listeners]) listener(ticket);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof HttpError && [401, 403, 404].includes(error.status)) return;
      }
      if (signal.aborted) return;
      become("reconnecting");
      await rest(pause, signal);
      pause = Math.min(pause * 2, 8_000);
    }
  }
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
