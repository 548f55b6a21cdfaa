import type { Limits } from "./limits.js";
import type { Outbox } from "./outbox.js";
import { notificationText } from "./wire.js";

/** The credit a peer has for notifications, given back as they are handled. */
export class NoticeCredit {
  readonly #limits: Limits;
  readonly #outbox: Outbox;
  #held = 0;
  #handled = 0;

  constructor(limits: Limits, outbox: Outbox) {
    this.#limits = limits;
    this.#outbox = outbox;
  }

  /** False: the peer has none left. */
  take(): boolean {
    if (this.#held >= this.#limits.notificationCredit) return false;
    this.#held++;
    return true;
  }

  /** One was handled. Told a quarter at a time: the peer never runs dry, and is not answered one by one. */
  giveBack(): void {
    this.#handled++;
    if (this.#handled < Math.ceil(this.#limits.notificationCredit / 4)) return;
    this.#held -= this.#handled;
    this.#outbox.add(notificationText("rpc.credit", { id: null, more: this.#handled }));
    this.#handled = 0;
  }
}
