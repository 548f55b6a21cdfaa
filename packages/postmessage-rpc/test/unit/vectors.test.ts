import { readFileSync } from "node:fs";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import {
  defaultLimits,
  defineContract,
  type Grant,
  implement,
  isRpcError,
  method,
  notification,
  openSession,
  stream,
} from "../../src/index.js";
import { faultWords, kindOf, readText } from "../../src/wire.js";
import { RawPeer } from "../raw-peer.js";

/** The specification's vectors, docs/protocol-vectors.json; their form is told in docs/protocol.md. */
interface Step {
  send?: unknown;
  receive?: Record<string, unknown>;
  exactly?: boolean;
}
interface Vectors {
  reading: { name: string; text: string; reads?: unknown[]; fault?: string }[];
  responder: { name: string; grant: Grant; steps: Step[] }[];
  caller: {
    name: string;
    call: { method: string; params?: unknown };
    steps: Step[];
    ends: { result?: unknown; items?: unknown[]; code?: string; data?: unknown };
  }[];
}
const path = new URL("../../../../docs/protocol-vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(path, "utf8")) as Vectors;

const Text = v.object({ text: v.string() });
const Ref = v.object({ id: v.string() });
const Count = v.object({ n: v.number() });
const contract = defineContract({
  echo: method({ scope: null, params: Text, result: Text }),
  read: method({ scope: "a:read", params: Ref, result: Ref }),
  fail: method({ scope: null, errors: ["DECLARED"] }),
  crash: method({ scope: null }),
  hang: method({ scope: null }),
  count: stream({ scope: "a:read", params: Ref, item: Count }),
  two: stream({ scope: null, item: Count }),
  note: notification({ scope: "a:read" }),
});
const implementation = implement(contract, {
  echo: (params) => params,
  read: ({ id }) => ({ id, secret: "stripped" }) as { id: string },
  fail: (_params, call) => {
    throw call.fail("DECLARED", { data: { why: "asked" } });
  },
  crash: () => {
    throw new Error("a secret");
  },
  hang: () => new Promise(() => {}),
  count: async function* () {
    for (let n = 0; ; n++) yield { n };
  },
  two: async function* () {
    yield { n: 0 };
    yield { n: 1 };
  },
  note: () => {},
});

function say(peer: RawPeer, message: unknown): void {
  peer.text(typeof message === "string" ? message : JSON.stringify(message));
}

/** The next message this fits, each taken once. */
async function receive(peer: RawPeer, taken: Set<object>, step: Step): Promise<Record<string, unknown>> {
  const fits = (message: Record<string, unknown>) => {
    if (taken.has(message)) return false;
    try {
      if (step.exactly) expect(message).toEqual(step.receive);
      else expect(message).toMatchObject(step.receive ?? {});
      return true;
    } catch {
      return false;
    }
  };
  const message = await peer.find(fits);
  taken.add(message);
  return message;
}

describe("reading", () => {
  it.each(vectors.reading)("$name", ({ text, reads, fault }) => {
    const values = readText(text, defaultLimits);
    if (typeof values === "string") return expect(values).toBe(fault);
    const messages = values.map((value) => {
      const kind = kindOf(value, defaultLimits);
      return kind in faultWords ? kind : { ...(value as object), kind };
    });
    expect(messages).toMatchObject(reads ?? ["no fault expected"]);
  });
});

describe("responder", () => {
  it.each(vectors.responder)("$name", async ({ grant, steps }) => {
    const { port1, port2 } = new MessageChannel();
    const session = openSession(port2, { provide: implementation, grant });
    const peer = new RawPeer(port1);
    const taken = new Set<object>();
    for (const step of steps) {
      if (step.receive) await receive(peer, taken, step);
      else say(peer, step.send);
    }
    session.close();
    port1.close();
  });
});

describe("caller", () => {
  it.each(vectors.caller)("$name", async ({ call, steps, ends }) => {
    const { port1, port2 } = new MessageChannel();
    const session = openSession(port2, { use: contract });
    const peer = new RawPeer(port1);
    const items: unknown[] = [];
    const start = (session.remote as Record<string, (params: unknown) => unknown>)[call.method];
    const ended = (async () => {
      const answer = start?.(call.params);
      if (!(Symbol.asyncIterator in Object(answer))) return answer;
      for await (const item of answer as AsyncIterable<unknown>) items.push(item);
      return undefined;
    })().catch((error: unknown) => error);
    let id: unknown;
    for (const step of steps) {
      if (step.receive) id = (await receive(peer, new Set(), step))["id"];
      else say(peer, JSON.stringify(step.send).replaceAll('"$id"', JSON.stringify(id)));
    }
    const end = await ended;
    if (ends.code === undefined) expect(end).toEqual(ends.result);
    else
      expect(isRpcError(end) && { code: end.code, data: end.data }).toMatchObject({
        code: ends.code,
        ...(ends.data ? { data: ends.data } : {}),
      });
    expect(items).toEqual(ends.items ?? []);
    session.close();
    port1.close();
  });
});
