import { type WireError, wireError, wireErrorFrom } from "./errors.js";
import type { Running } from "./responder.js";
import { isPromise, type Validated, validate } from "./validate.js";
import { jsonText } from "./wire.js";

interface Pump {
  readonly running: Running;
  readonly items: AsyncIterable<unknown>;
  readonly schema: unknown;
  /** Keep only the newest item while the reader has no credit left. */
  readonly latest: boolean;
  readonly mostText: number;
  readonly mayLeave: () => boolean;
  /** Sends the JSON texts of some items as one chunk. */
  readonly send: (texts: readonly string[]) => void;
}

/** How many microtask turns the pump waits for the next item before it sends the chunk it has. */
const mostTurns = 8;
/** What stands around the items of a chunk, generously. */
const frameText = 512;

/**
 * Moves a stream's items to its reader, as far as there is credit, in chunks. Resolves, never rejects, when the stream is over:
 * with null at its own end or when the call was settled from outside, else with the error to tell.
 */
export async function pumpItems(pump: Pump): Promise<WireError | "revoked" | null> {
  const { running } = pump;
  let iterator: AsyncIterator<unknown>;
  try {
    iterator = pump.items[Symbol.asyncIterator]();
  } catch (thrown) {
    return wireErrorFrom(thrown);
  }
  let stopped = false;
  const stop = () => {
    if (stopped) return;
    stopped = true;
    // A generator that waits for something else runs its `finally` only when that comes; its signal has told it already.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  };
  running.abort.signal.addEventListener("abort", stop, { once: true });
  try {
    return pump.latest ? await pumpLatest(pump, iterator) : await pumpAll(pump, iterator);
  } catch (thrown) {
    return wireErrorFrom(thrown);
  } finally {
    running.wake = null;
    stop();
  }
}

async function pumpAll(pump: Pump, iterator: AsyncIterator<unknown>): Promise<WireError | "revoked" | null> {
  const { running } = pump;
  const chunk = new Chunk(pump);
  while (!running.settled) {
    if (running.credit <= 0) {
      chunk.send();
      await new Promise<void>((resolve) => {
        running.wake = resolve;
      });
      continue;
    }
    const step = await iterator.next();
    if (running.settled) return null;
    if (step.done) {
      chunk.send();
      return null;
    }
    if (!pump.mayLeave()) return "revoked";
    const made = itemText(pump, step.value);
    const item = isPromise(made) ? await made : made;
    if (running.settled) return null;
    if (typeof item !== "string") {
      chunk.send();
      return item;
    }
    chunk.add(item);
    running.credit--;
  }
  return null;
}

/** Items that leave together: when the sender pauses, has no credit left or is done, or when a message is full. */
class Chunk {
  readonly #pump: Pump;
  #texts: string[] = [];
  #size = frameText;
  #isWatched = false;

  constructor(pump: Pump) {
    this.#pump = pump;
  }

  add(text: string): void {
    if (this.#size + text.length + 1 > this.#pump.mostText) this.send();
    this.#texts.push(text);
    this.#size += text.length + 1;
    if (!this.#isWatched) void this.#watch();
  }

  /** If no further item comes within a few microtask turns, what is there already leaves. */
  async #watch(): Promise<void> {
    this.#isWatched = true;
    let seen = 0;
    while (this.#texts.length !== seen) {
      seen = this.#texts.length;
      for (let turn = 0; turn < mostTurns; turn++) await null;
    }
    this.#isWatched = false;
    this.send();
  }

  send(): void {
    const { running, send } = this.#pump;
    if (this.#texts.length > 0 && !running.settled) send(this.#texts);
    this.#texts = [];
    this.#size = frameText;
  }
}

/** Reads the source as fast as it yields; the reader gets the newest whenever it has credit. */
async function pumpLatest(pump: Pump, iterator: AsyncIterator<unknown>): Promise<WireError | "revoked" | null> {
  const { running } = pump;
  let newest: string | null = null;
  const sendNewest = () => {
    if (newest === null || running.credit <= 0 || running.settled) return;
    pump.send([newest]);
    running.credit--;
    newest = null;
  };
  running.wake = sendNewest;
  while (!running.settled) {
    const step = await iterator.next();
    if (running.settled) return null;
    if (step.done) {
      // The last state matters most: it leaves even if the reader must be waited for.
      while (newest !== null && !running.settled) {
        await new Promise<void>((resolve) => {
          running.wake = resolve;
        });
        sendNewest();
      }
      return null;
    }
    if (!pump.mayLeave()) return "revoked";
    const item = await itemText(pump, step.value);
    if (typeof item !== "string") return item;
    newest = item;
    sendNewest();
  }
  return null;
}

function itemText(pump: Pump, value: unknown): string | WireError | Promise<string | WireError> {
  const validated = validate(pump.schema, value);
  return isPromise(validated) ? validated.then((each) => checkedText(pump, each)) : checkedText(pump, validated);
}

function checkedText(pump: Pump, validated: Validated): string | WireError {
  if (!validated.ok) return wireError("INTERNAL_ERROR", "An item does not fit the contract");
  try {
    const text = jsonText(validated.value);
    return text.length + frameText > pump.mostText
      ? wireError("TOO_LARGE", "An item is too large for the caller")
      : text;
  } catch {
    return wireError("INTERNAL_ERROR", "An item is not JSON");
  }
}
