import { afterEach, describe, expect, it } from "vitest";
import { binaryOf, type Grant, isRpcError, type Session, type SessionOptions } from "../../src/index.js";
import { desk } from "./contract.js";
import type { Seen } from "./provider.js";

/** The far side's provider, wherever it runs. */
export interface Far {
  session: Session<typeof desk>;
  updateGrant(next: Grant): Promise<void> | void;
  seen(): Promise<Seen> | Seen;
  /** Ends the far side's session. */
  close(reason: string): Promise<void> | void;
  dispose(): Promise<void> | void;
}

/** Opens a transport with a provider of the suite's contract at its far end, under this grant. */
export type OpenTransport = (grant: Grant, options?: Pick<SessionOptions, "limits" | "peerLimits">) => Promise<Far>;

const read: Grant = [{ scope: "ticket:read" }];
const all: Grant = [{ scope: "ticket:read" }, { scope: "ticket:write" }, { scope: "file:write" }];

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "resolved",
    (error: unknown) => (isRpcError(error) ? error.code : `not an RpcError: ${String(error)}`),
  );
}

/**
 * The behaviour that every transport must show. `isHost`: this side is a host that accepted a handshake, so what its peer says of
 * grants is not listened to.
 */
export function behaviourSuite(name: string, open: OpenTransport, { isHost = false } = {}): void {
  describe(`behaviour over ${name}`, () => {
    let far: Far;
    afterEach(() => far.dispose());

    it("answers a call, stripped of what the schema does not name", async () => {
      far = await open(read);
      expect(await far.session.remote.ticket.get({ id: "7" })).toEqual({ id: "7", priority: "high" });
    });

    it("refuses a scope that is not granted, naming it, and runs no handler", async () => {
      far = await open(read);
      const error = await far.session.remote.ticket
        .update({ id: "7", priority: "low" })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "SCOPE_DENIED", remote: true, data: { scope: "ticket:write" } });
      expect((await far.seen()).calls).toEqual([]);
    });

    it("checks `where` on the parsed params and names the limit that broke", async () => {
      far = await open([{ scope: "ticket:read", where: { id: ["7", "8"] } }]);
      expect(await far.session.remote.ticket.get({ id: "8" })).toMatchObject({ id: "8" });
      const error = await far.session.remote.ticket.get({ id: "9" }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "SCOPE_DENIED", data: { scope: "ticket:read", limit: "id" } });
    });

    it("refuses an expired scope", async () => {
      far = await open([{ scope: "ticket:read", expiresAt: Date.now() - 1 }]);
      expect(await codeOf(far.session.remote.ticket.get({ id: "7" }))).toBe("SCOPE_DENIED");
    });

    it("lets a scope be granted and revoked while the session is open", async () => {
      far = await open(read);
      expect(await codeOf(far.session.remote.ticket.update({ id: "7", priority: "low" }))).toBe("SCOPE_DENIED");
      await far.updateGrant(all);
      expect(await far.session.remote.ticket.update({ id: "7", priority: "low" })).toEqual({
        id: "7",
        priority: "low",
      });
      await far.updateGrant(read);
      expect(await codeOf(far.session.remote.ticket.update({ id: "7", priority: "low" }))).toBe("SCOPE_DENIED");
    });

    const grantTest = isHost
      ? "shows a host what it granted itself, whatever the partner says"
      : "tells the grant to the side that holds it";
    it(grantTest, async () => {
      far = await open(read);
      const told = isHost ? null : new Promise<Grant>((resolve) => far.session.onGrant(resolve));
      await far.updateGrant(all);
      await far.session.ping();
      await told;
      expect(far.session.grant).toEqual(isHost ? [] : all);
    });

    it("refuses params that do not fit, with where and why", async () => {
      far = await open(read);
      const error = await far.session.remote.ticket
        .get({ id: 7 as unknown as string })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "INVALID_PARAMS", data: { issues: [{ path: "id" }] } });
    });

    it("carries a declared error with its message and data, narrowed by isRpcError", async () => {
      far = await open(all);
      const error = await far.session.remote.ticket
        .update({ id: "locked", priority: "low" })
        .catch((thrown: unknown) => thrown);
      expect(isRpcError(error, desk, "ticket.update") && error.code === "TICKET_LOCKED").toBe(true);
      expect(error).toMatchObject({ message: "Locked by Ada", data: { by: "ada" }, remote: true });
    });

    it("hides what a handler threw by accident", async () => {
      far = await open(read);
      const error = await far.session.remote.open.throws({ what: "accident" }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "HANDLER_FAILED" });
      expect(JSON.stringify([(error as Error).message, (error as { data?: unknown }).data])).not.toContain("secret");
    });

    it("streams items in order to the end", async () => {
      far = await open(read);
      const got: number[] = [];
      for await (const { n } of far.session.remote.ticket.changes({ id: "100" })) got.push(n);
      expect(got).toEqual(Array.from({ length: 100 }, (_, n) => n));
      await expect.poll(async () => (await far.seen()).finished).toBe(1);
    });

    it("stops the sender when the reader breaks off, and both learn of it", async () => {
      far = await open(read);
      for await (const { n } of far.session.remote.ticket.changes({ id: "100000" })) if (n === 20) break;
      await expect.poll(async () => (await far.seen()).finished).toBe(1);
      expect((await far.seen()).yielded).toBeLessThan(200);
    });

    it("stops the sender when the reader is slow", async () => {
      far = await open(read);
      const items = far.session.remote.ticket.changes({ id: "100000" });
      await items.next();
      await codeOf(far.session.remote.ticket.get({ id: "7" }));
      const { yielded } = await far.seen();
      expect(yielded).toBeLessThan(64);
      await items.return?.();
    });

    it("ends a stream with its revoked scope, and no item comes after", async () => {
      far = await open(read);
      const got: number[] = [];
      const reading = (async () => {
        for await (const { n } of far.session.remote.ticket.changes({ id: "100000" })) {
          got.push(n);
          if (n === 5) await far.updateGrant([]);
        }
      })();
      expect(await codeOf(reading)).toBe("SCOPE_REVOKED");
      const { length } = got;
      await codeOf(far.session.remote.open.echo({ text: "later" }));
      expect(got.length).toBe(length);
    });

    it("keeps only the newest item of a latest stream for a slow reader", async () => {
      far = await open(read);
      const got: number[] = [];
      for await (const { n } of far.session.remote.ticket.price({ id: "1000" })) {
        got.push(n);
        // A slow reader: each item costs it a few round trips.
        for (let trip = 0; trip < 5; trip++) await far.session.ping();
      }
      expect(got.at(-1)).toBe(999);
      expect(got.length).toBeLessThan(500);
    });

    it("aborts the handler of a cancelled call", async () => {
      far = await open(read);
      const controller = new AbortController();
      const call = codeOf(far.session.remote.open.hang(undefined, { signal: controller.signal }));
      await expect.poll(async () => (await far.seen()).calls).toContain("hang");
      controller.abort();
      expect(await call).toBe("CANCELLED");
      await expect.poll(async () => (await far.seen()).aborted).toContain("hang");
    });

    it("times a call out and aborts its handler", async () => {
      far = await open(read);
      expect(await codeOf(far.session.remote.open.hang(undefined, { timeout: 50 }))).toBe("TIMEOUT");
      await expect.poll(async () => (await far.seen()).aborted).toContain("hang");
    });

    it("reports progress in order", async () => {
      far = await open(read);
      const steps: unknown[] = [];
      expect(await far.session.remote.open.slow({ steps: 3 }, { onProgress: (value) => steps.push(value) })).toBe(
        "done",
      );
      expect(steps).toEqual([{ step: 0 }, { step: 1 }, { step: 2 }]);
    });

    it("transfers binary beside params and result", async () => {
      far = await open(all);
      const buffer = new Uint8Array([1, 2, 3]).buffer;
      const result = await far.session.remote.file.attach({ name: "a" }, { binary: [buffer] });
      expect(result).toEqual({ bytes: 3 });
      expect(buffer.byteLength).toBe(0);
      expect(new Uint8Array(binaryOf(result)[0] as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    });

    it("handles what was sent in order, notifications and calls alike", async () => {
      far = await open(read);
      far.session.remote.ticket.viewed({ id: "1" });
      const call = far.session.remote.ticket.get({ id: "2" });
      far.session.remote.ticket.viewed({ id: "3" });
      await call;
      await expect.poll(async () => (await far.seen()).calls).toEqual(["viewed 1", "get 2", "viewed 3"]);
    });

    it("serves 1,000 concurrent calls within the budget without BUSY", async () => {
      far = await open(read);
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, (_, n) => far.session.remote.open.echo({ text: String(n) })),
      );
      expect(answers.map(({ text }) => text)).toEqual(Array.from({ length: 1_000 }, (_, n) => String(n)));
    });

    it("answers a ping", async () => {
      far = await open(read);
      await expect(far.session.ping()).resolves.toBeUndefined();
    });

    it("settles everything when the far side closes", async () => {
      far = await open(read);
      const pending = [far.session.remote.open.hang(), far.session.remote.ticket.changes({ id: "0" })];
      const call = codeOf(pending[0] as Promise<void>);
      await expect.poll(async () => (await far.seen()).calls).toContain("hang");
      await far.close("bye");
      expect(await call).toBe("SESSION_CLOSED");
      expect(await far.session.closed).toMatchObject({ code: "CLOSED", by: "peer", reason: "bye" });
      expect(await codeOf(far.session.remote.open.echo({ text: "x" }))).toBe("SESSION_CLOSED");
    });

    it("settles everything when this side closes, and the far side's handlers are told", async () => {
      far = await open(read);
      const call = codeOf(far.session.remote.open.hang());
      await expect.poll(async () => (await far.seen()).calls).toContain("hang");
      far.session.close("enough");
      expect(await call).toBe("SESSION_CLOSED");
      expect(await far.session.closed).toEqual({ code: "CLOSED", by: "here", reason: "enough" });
      await expect.poll(async () => (await far.seen()).aborted).toContain("hang");
    });
  });
}
