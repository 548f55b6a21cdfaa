import type { Stream } from "./contract.js";
import type { RpcError } from "./errors.js";
import { ItemQueue } from "./item-queue.js";
import { isPromise, misfit, type Validated, validate } from "./validate.js";

export interface StreamReaderOptions {
  readonly member: Stream;
  /** Items that may be on their way or unread. */
  readonly credit: number;
  /** Lets the sender send so many more. */
  readonly giveCredit: (more: number) => void;
  /** The reader stops first. */
  readonly onStop: () => void;
  /** An item does not fit the contract. */
  readonly onMisfit: (error: RpcError) => void;
}

/** The reading half of a stream: checks its items and keeps its sender's credit. */
export class StreamReader {
  readonly items: ItemQueue;
  readonly #options: StreamReaderOptions;
  /** Items on their way or unread, by this side's count, and those read but not given back yet. */
  #outstanding = 0;
  #read = 0;
  #ended = false;
  /** Items whose asynchronous validation is under way, in order. */
  #tail: Promise<void> | null = null;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
    this.items = new ItemQueue(
      options.member.latest,
      (count) => this.#onRead(count),
      () => options.onStop(),
    );
  }

  /** False: the peer sent more than it had credit for. */
  take(items: readonly unknown[]): boolean {
    if (this.#outstanding + items.length > this.#options.credit) return false;
    this.#outstanding += items.length;
    for (const item of items) {
      const checked = validate(this.#options.member.item, item);
      // Once one item is checked asynchronously, the later ones line up behind it.
      if (isPromise(checked))
        this.#tail = (this.#tail ?? Promise.resolve()).then(async () => this.#push(await checked));
      else this.#afterTail(() => this.#push(checked));
    }
    return true;
  }

  #push(validated: Validated): void {
    if (this.#ended) return;
    if (validated.issues) this.#options.onMisfit(misfit("item", validated.issues));
    else this.items.push(validated.value);
  }

  /** Runs this when all items that came before are checked. */
  #afterTail(run: () => void): void {
    if (this.#tail) this.#tail = this.#tail.then(run);
    else run();
  }

  /** The sender's end: it comes after the items before it. */
  onEnd(run: () => void): void {
    this.#afterTail(run);
  }

  /** What waits is still read, unless the end is one that drops it. */
  end(error: RpcError | null, drop: boolean): void {
    this.#ended = true;
    if (drop && error) this.items.abort(error);
    else this.items.end(error);
  }

  #onRead(count: number): void {
    this.#read += count;
    // Half at a time: one message for many items, and the sender never runs dry while the reader keeps up.
    if (this.#ended || this.#read < Math.ceil(this.#options.credit / 2)) return;
    this.#outstanding -= this.#read;
    this.#options.giveCredit(this.#read);
    this.#read = 0;
  }
}
