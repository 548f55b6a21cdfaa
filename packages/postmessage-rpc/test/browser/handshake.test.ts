import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acceptSession, defaultLimits, implement, isRpcError, protocolVersions } from "../../src/index.js";
import { mounted } from "./mounted.js";
import { addFrame, heard, pageUrl, siteOrigin, windowOf } from "./site.js";

interface Got {
  data: Record<string, unknown>;
  ports: number;
}

let frames: HTMLIFrameElement[];
let abort: AbortController;

beforeEach(() => {
  frames = [];
  abort = new AbortController();
});

afterEach(() => {
  abort.abort();
  for (const frame of frames) frame.remove();
});

function mount(url: string): Window {
  const frame = addFrame(url);
  frames.push(frame);
  return windowOf(frame);
}

function raw(site: string, query: Record<string, string> = {}): Window {
  return mount(pageUrl(site, "raw-partner", query));
}

const isHello = (data: unknown) =>
  (data as Record<string, unknown> | null)?.["partner-panel"] === "hello" ? true : undefined;
const said = (source: Window) => heard(source, (data) => (data === "said" ? true : undefined));
const reportOf = (source: Window): Promise<Got[]> => {
  const report = heard(source, (data) => (data as { report?: Got[] } | null)?.report);
  source.postMessage("report", "*");
  return report;
};
const outcomeOf = (source: Window) => heard(source, (data) => (data as { outcome?: unknown } | null)?.outcome);

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "open",
    (error: unknown) => (isRpcError(error) ? error.code : `not an RpcError: ${String(error)}`),
  );
}

/** A host that lacks one of the gates: it shows that the attack lands where the gate is missing. */
function welcomeAnyone(isWanted: (event: MessageEvent) => boolean): void {
  const onMessage = (event: MessageEvent) => {
    const data = event.data as Record<string, unknown> | null;
    if (data?.["partner-panel"] !== "hello" || !isWanted(event)) return;
    const { port2 } = new MessageChannel();
    const welcome = {
      "partner-panel": "welcome",
      version: "1.0.0",
      nonce: data["nonce"],
      grant: [],
      limits: {},
      secret: "for the partner",
    };
    (event.source as Window).postMessage(welcome, "*", [port2]);
  };
  addEventListener("message", onMessage, { signal: abort.signal });
}

describe("the host's half", () => {
  it("welcomes the partner once, with its nonce, one port, and what the page said", async () => {
    const target = raw("partner", { ready: "yes" });
    const grant = [{ scope: "ticket:read", where: { id: "7" } }];
    const welcome = { instanceId: "i1", context: { ticketId: "T-42" } };
    const session = await acceptSession({
      target,
      origin: siteOrigin("partner"),
      grant,
      welcome,
      signal: abort.signal,
    });
    const got = await reportOf(target);
    expect(got.length).toBe(1);
    expect(got[0]?.ports).toBe(1);
    expect(got[0]?.data).toMatchObject({
      "partner-panel": "welcome",
      version: protocolVersions[0],
      grant,
      limits: defaultLimits,
      ...welcome,
    });
    session.close();
  });

  it("gives another site in the frame nothing, though its hello is perfect", async () => {
    const target = raw("evil", { hello: JSON.stringify({ origin: siteOrigin("partner") }) });
    const code = await codeOf(
      acceptSession({ target, origin: siteOrigin("partner"), welcome: { secret: 1 }, signal: abort.signal }),
    );
    expect(code).toBe("ORIGIN_MISMATCH");
    expect(await reportOf(target)).toEqual([]);
  });

  it("control: a host that does not check the origin gives it a port", async () => {
    const target = raw("evil");
    welcomeAnyone((event) => event.source === target);
    await said(target);
    await expect.poll(async () => (await reportOf(target)).map(({ ports }) => ports)).toContain(1);
  });

  it("ignores a hello from the right origin in the wrong window", async () => {
    const target = mount("about:blank");
    const sibling = raw("partner");
    const accepted = codeOf(acceptSession({ target, origin: siteOrigin("partner"), signal: abort.signal }));
    await said(sibling);
    expect(await reportOf(sibling)).toEqual([]);
    abort.abort();
    expect(await accepted).toBe("CANCELLED");
  });

  it("is not ended by a hello from another window, whatever its origin, and opens with the frame's own", async () => {
    const target = mount("about:blank");
    const accepted = acceptSession({ target, origin: siteOrigin("partner"), signal: abort.signal });
    await said(raw("evil"));
    await said(raw("partner"));
    target.location.href = pageUrl("partner", "raw-partner", { ready: "yes" });
    const session = await accepted;
    await said(raw("evil"));
    await said(raw("partner"));
    session.close("by the test");
    expect(await session.closed).toMatchObject({ code: "CLOSED", by: "here" });
  });

  it("control: a host that does not check the source gives the sibling a port", async () => {
    mount("about:blank");
    const sibling = raw("partner");
    welcomeAnyone((event) => event.origin === siteOrigin("partner"));
    await said(sibling);
    await expect.poll(async () => (await reportOf(sibling)).map(({ ports }) => ports)).toContain(1);
  });

  it("ends the session when the frame shows another site, which learns nothing", async () => {
    const target = raw("partner", { ready: "yes" });
    const session = await acceptSession({ target, origin: siteOrigin("partner"), signal: abort.signal });
    const waiting = codeOf(session.ping({ timeout: 60_000 }));
    target.postMessage({ go: pageUrl("evil", "raw-partner") }, "*");
    expect(await session.closed).toMatchObject({ code: "ORIGIN_MISMATCH", by: "peer" });
    expect(await waiting).toBe("SESSION_CLOSED");
    expect(await reportOf(target)).toEqual([]);
  });

  it("ends the session with a new document of the partner, which is welcomed when accepted again", async () => {
    const origin = siteOrigin("partner");
    const target = raw("partner", { ready: "yes" });
    const session = await acceptSession({ target, origin, signal: abort.signal });
    target.postMessage({ go: pageUrl("partner", "requester", { hosts: JSON.stringify([location.origin]) }) }, "*");
    expect(await session.closed).toMatchObject({ code: "CLOSED", by: "peer", reason: "new document" });
    const again = await acceptSession({ target, origin, signal: abort.signal });
    again.close();
  });

  it("does not take an earlier mount's nonce for a new document", async () => {
    const nonce = crypto.randomUUID();
    const first = raw("partner", { ready: "yes", hello: JSON.stringify({ nonce }) });
    (await acceptSession({ target: first, origin: siteOrigin("partner"), signal: abort.signal })).close();
    const second = raw("partner", { ready: "yes", hello: JSON.stringify({ nonce }) });
    const accepted = codeOf(acceptSession({ target: second, origin: siteOrigin("partner"), signal: abort.signal }));
    await said(second);
    expect(await reportOf(second)).toEqual([]);
    abort.abort();
    expect(await accepted).toBe("CANCELLED");
  });

  it.each([
    ["missing", undefined],
    ["mangled", "1.0.0"],
    ["unknown", ["9.9.9"]],
    ["not strings", [{ toString: "1.0.0" }, 1]],
  ])("refuses a hello with its versions %s, and says so", async (_title, versions) => {
    const target = raw("partner", { hello: JSON.stringify({ versions: versions ?? null }), times: "1" });
    expect(await codeOf(acceptSession({ target, origin: siteOrigin("partner"), signal: abort.signal }))).toBe(
      "VERSION_MISMATCH",
    );
    expect(await reportOf(target)).toMatchObject([
      { ports: 0, data: { "partner-panel": "refused", code: "VERSION_MISMATCH" } },
    ]);
  });

  it("gives up after its time limit", async () => {
    const target = mount("about:blank");
    expect(await codeOf(acceptSession({ target, origin: siteOrigin("partner"), timeout: 50 }))).toBe(
      "HANDSHAKE_TIMEOUT",
    );
  });

  it.each([
    "*",
    "null",
    "https://partner.example/",
    "https://PARTNER.example",
    "https://partner.example:443",
    "partner.example",
    "",
  ])("takes no origin that is not exact: %j", (origin) => {
    expect(() => acceptSession({ target: window, origin })).toThrow(TypeError);
  });

  it("opens every one of 100 mounts, every other after its first hello went unheard, and hears in order what each says at once", async () => {
    const hosts = JSON.stringify([location.origin]);
    const counting = Array.from({ length: 20 }, (_, n) => n);
    const open = async (isLate: boolean) => {
      const target = mount(pageUrl("partner", "requester", { hosts, say: "20", timeout: "60000" }));
      if (isLate) await heard(target, isHello);
      const said: number[] = [];
      const provide = implement(mounted, { "mount.said": ({ n }) => void said.push(n) });
      const session = await acceptSession({ target, origin: siteOrigin("partner"), timeout: 60_000, provide });
      await expect.poll(() => said, { timeout: 30_000 }).toEqual(counting);
      session.close();
    };
    await Promise.all(Array.from({ length: 100 }, (_, index) => open(index % 2 === 1)));
  }, 120_000);

  it("learns at once that a frame was removed", async () => {
    // A site of its own: Chromium gives a frame's process little time to say that it goes, and the partner's still clears a hundred frames away.
    const target = raw("removed", { ready: "yes" });
    const hosts = JSON.stringify([location.origin]);
    const session = await acceptSession({
      target: mount(pageUrl("removed", "requester", { hosts })),
      origin: siteOrigin("removed"),
      signal: abort.signal,
    });
    frames.at(-1)?.remove();
    expect(await session.closed).toMatchObject({ code: "CLOSED", by: "peer", reason: "pagehide" });
    expect(target.closed).toBe(false);
  });
});

describe("the partner's half", () => {
  const requester = (query: Record<string, string> = {}) =>
    mount(pageUrl("partner", "requester", { hosts: JSON.stringify([location.origin]), ...query }));
  const nonceOf = (source: Window) =>
    heard(source, (data) => (data as Record<string, unknown> | null)?.["nonce"] as string | undefined);
  const welcome = (nonce: string, extra: object = {}) => ({
    "partner-panel": "welcome",
    version: "1.0.0",
    nonce,
    grant: [],
    limits: {},
    ...extra,
  });
  const port = () => new MessageChannel().port2;

  it.each(["list", "function"])("opens with a host its %s names, and tells what the host said", async (as) => {
    const target = requester({ as });
    const nonce = await nonceOf(target);
    const outcome = outcomeOf(target);
    target.postMessage(welcome(nonce, { context: { n: 1 }, grant: [{ scope: "a:b" }] }), siteOrigin("partner"), [
      port(),
    ]);
    expect(await outcome).toMatchObject({
      hostOrigin: location.origin,
      welcome: { context: { n: 1 } },
      grant: [{ scope: "a:b" }],
    });
  });

  it.each(["list", "function"])("refuses an embedder its %s does not name, and tells it that alone", async (as) => {
    const target = requester({ as, hosts: '["https://desk.example"]' });
    const outcome = outcomeOf(target);
    const refused = heard(target, (data) =>
      (data as Record<string, unknown> | null)?.["partner-panel"] === "refused" ? data : undefined,
    );
    const nonce = await nonceOf(target);
    target.postMessage(welcome(nonce, { token: "hostile" }), siteOrigin("partner"), [port()]);
    expect(await outcome).toBe("EMBEDDER_REFUSED");
    expect(await refused).toEqual({ "partner-panel": "refused", nonce, code: "EMBEDDER_REFUSED" });
  });

  it("tells the host's half that it refuses", async () => {
    const target = requester({ hosts: '["https://desk.example"]' });
    expect(await codeOf(acceptSession({ target, origin: siteOrigin("partner"), signal: abort.signal }))).toBe(
      "EMBEDDER_REFUSED",
    );
  });

  it.each([
    ["another nonce", (nonce: string) => [welcome(`${nonce}x`), [port()]]],
    ["no port", (nonce: string) => [welcome(nonce), []]],
    ["two ports", (nonce: string) => [welcome(nonce), [port(), port()]]],
    ["no grant", (nonce: string) => [welcome(nonce, { grant: undefined }), [port()]]],
  ] as [string, (nonce: string) => [object, MessagePort[]]][])(
    "ignores a welcome with %s, and takes the right one after it",
    async (_title, make) => {
      const target = requester();
      const nonce = await nonceOf(target);
      const outcome = outcomeOf(target);
      const [message, ports] = make(nonce);
      target.postMessage({ ...message, context: "wrong" }, siteOrigin("partner"), ports);
      target.postMessage(welcome(nonce, { context: "right" }), siteOrigin("partner"), [port()]);
      expect(await outcome).toMatchObject({ welcome: { context: "right" } });
    },
  );

  it("is not ended by what another window says, and opens with its host", async () => {
    const target = requester();
    const nonce = await nonceOf(target);
    const outcome = outcomeOf(target);
    // Posts to the first frame of the page, which is the view's.
    await said(raw("evil", { to: "sibling" }));
    target.postMessage(welcome(nonce, { context: "right" }), siteOrigin("partner"), [port()]);
    expect(await outcome).toMatchObject({ welcome: { context: "right" } });
  });

  it("refuses a welcome in a version it did not offer, and says so", async () => {
    const target = requester();
    const nonce = await nonceOf(target);
    const outcome = outcomeOf(target);
    const refused = heard(target, (data) =>
      (data as Record<string, unknown> | null)?.["partner-panel"] === "refused" ? data : undefined,
    );
    target.postMessage(welcome(nonce, { version: "0.9.0" }), siteOrigin("partner"), [port()]);
    expect(await outcome).toBe("VERSION_MISMATCH");
    expect(await refused).toMatchObject({ code: "VERSION_MISMATCH" });
  });

  it("repeats its hello until it is answered, then gives up after its time limit", async () => {
    const target = requester();
    const first = await nonceOf(target);
    expect(await nonceOf(target)).toBe(first);
    expect(await outcomeOf(target)).toBe("HANDSHAKE_TIMEOUT");
  });
});
