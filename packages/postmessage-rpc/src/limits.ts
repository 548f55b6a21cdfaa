/**
 * What one side of a session accepts from the other. Each number stands against a way to exhaust the receiver; it is the
 * receiver who decides, tells the peer (welcome, `rpc.ready`) and enforces, and an honest peer's caller keeps within it.
 */
export interface Limits {
  /** Characters of one port message. At most 4 MiB. Against memory and parsing time; measured before parsing. */
  text: number;
  /** Levels of nesting in one message. Against recursion in validators. */
  depth: number;
  /** Values (of any kind) in one message. Against validators that are slow per value. */
  nodes: number;
  /** Items of one array, and messages of one batch. */
  array: number;
  /** Characters of one string (keys too). Against slow patterns in validators. */
  string: number;
  /** Keys of one object. */
  keys: number;
  /** Requests that may await their answer at once; one more gets BUSY. */
  inFlight: number;
  /** Streams that may be open at once; one more gets BUSY. */
  streams: number;
  /** Stream items that may be on their way to this side, unread. */
  streamCredit: number;
  /** Notifications that may be on their way to this side, unhandled. */
  notificationCredit: number;
  /** Messages a second that are handled at once, in the long run. */
  rate: number;
  /** Messages handled at once after a quiet time. */
  burst: number;
  /** Messages that wait their turn, on either side of the port: what comes too fast, and what has no place at the peer yet. */
  queue: number;
  /** Characters (and bytes of binary) of what comes too fast and waits its turn; also how much a peer has unanswered at once. */
  queueBytes: number;
  /** Milliseconds until a call is TIMEOUT. */
  timeout: number;
  /** Milliseconds until a call that reports progress is TIMEOUT all the same. */
  progressTimeout: number;
  /** Strikes within `strikeWindow` that quarantine the peer. */
  strikes: number;
  /** Milliseconds a strike counts. */
  strikeWindow: number;
  /** Bytes of the ArrayBuffers beside one message. */
  binaryBytes: number;
  /** Transferables beside one message. */
  binaryCount: number;
}

/** The defaults. Sized for a panel of a business product: far above what an honest view sends, far below what a host feels. */
export const defaultLimits: Readonly<Limits> = Object.freeze({
  text: 262_144,
  depth: 32,
  nodes: 10_000,
  array: 10_000,
  string: 100_000,
  keys: 256,
  inFlight: 64,
  streams: 32,
  streamCredit: 16,
  notificationCredit: 256,
  rate: 500,
  burst: 1_000,
  queue: 1_000,
  queueBytes: 1_048_576,
  timeout: 30_000,
  progressTimeout: 300_000,
  strikes: 3,
  strikeWindow: 10_000,
  binaryBytes: 16_777_216,
  binaryCount: 8,
});

const largestText = 4_194_304;
/** Reading a message recurses as deep as it is nested. */
const largestDepth = 1_000;
/** What a peer tells is how much it can take, not how much this side must keep ready for it. */
const largestTold = 1_000_000_000;

/**
 * The defaults with some of them replaced.
 * @throws RangeError for a limit that is no positive integer, an unknown one, or `text` over 4 MiB.
 */
export function limitsWith(some: Partial<Limits> = {}): Readonly<Limits> {
  const limits: Limits = { ...defaultLimits };
  for (const [name, value] of Object.entries(some)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(defaultLimits, name)) throw new RangeError(`There is no limit called "${name}"`);
    // An integer: a fraction of an item is never sent, and JSON, which tells the peer, has no word for infinity.
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`limits.${name} must be a positive integer`);
    limits[name as keyof Limits] = value;
  }
  if (limits.text > largestText) throw new RangeError("limits.text must not be over 4194304 characters (4 MiB)");
  if (limits.depth > largestDepth) throw new RangeError("limits.depth must not be over 1000");
  return Object.freeze(limits);
}

/** The limits a peer told, as far as they are usable; what is missing or odd is taken to be the default. */
export function limitsFromPeer(told: unknown): Readonly<Limits> {
  const limits: Limits = { ...defaultLimits };
  if (typeof told !== "object" || told === null) return limits;
  for (const name of Object.keys(defaultLimits) as (keyof Limits)[]) {
    const value: unknown = Object.hasOwn(told, name) ? (told as Record<string, unknown>)[name] : undefined;
    if (typeof value === "number" && value >= 1) limits[name] = Math.min(Math.floor(value), largestTold);
  }
  limits.text = Math.min(limits.text, largestText);
  limits.depth = Math.min(limits.depth, largestDepth);
  return limits;
}
