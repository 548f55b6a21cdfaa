/**
 * What Desk's tabs in one browser say to one another. A BroadcastChannel is heard by pages of this origin alone, and by no frame of
 * a partner's: it is another door than the one that the bridge keeps.
 */
export class Tabs<Said> {
  readonly #channel: BroadcastChannel;

  constructor(name: string, hear: (said: Said) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener("message", ({ data }: MessageEvent<Said>) => hear(data));
  }

  /** To the others, not to this tab. */
  say(said: Said): void {
    this.#channel.postMessage(said);
  }

  close(): void {
    this.#channel.close();
  }
}
