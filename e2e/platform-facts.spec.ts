import { expect, test } from "./support/test.js";
import type { Surface } from "./support/ui.js";

/** A host page that notes every window message as JSON in `#log`, and a frame, if it is told one. */
const listening = (body: string, frame?: string) => `<pre id=log></pre><div id=panel></div><script>
  const log = (said) => { document.querySelector("#log").textContent += JSON.stringify(said) + "\\n"; };
  addEventListener("message", (event) => {
    const frame = document.querySelector("#panel").shadowRoot?.querySelector("iframe");
    log({ data: event.data, origin: event.origin, fromFrame: event.source === frame?.contentWindow });
  });
  function mount(src, { mode = "open", ...attributes } = {}) {
    const frame = document.createElement("iframe");
    for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
    frame.src = src;
    frame.addEventListener("load", () => log({ load: src }));
    frame.addEventListener("error", () => log({ error: src }));
    document.querySelector("#panel").attachShadow({ mode }).append(frame);
    return frame;
  }
  ${frame === undefined ? "" : `mount(${JSON.stringify(frame)});`}
  ${body}
</script>`;

const logOf = async (surface: Surface): Promise<Record<string, unknown>[]> =>
  ((await surface.text("#log")) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test.describe("what the design rests on", () => {
  test("a *.localhost name is a secure context", async ({ ui, site }) => {
    const host = await site("host", () => "<p>Host</p>");
    await ui.goto(host.origin);
    expect(await ui.eval(() => isSecureContext)).toBe(true);
  });

  test("the source of a message stays when a frame goes to another site; the origin tells", async ({ ui, site }) => {
    const evil = await site("evil", () => "<script>parent.postMessage('evil', '*')</script>");
    const partner = await site(
      "partner",
      () => `<script>parent.postMessage('partner', '*'); location.href = "${evil.origin}";</script>`,
    );
    const host = await site("host", () => listening("", partner.origin));
    await ui.goto(host.origin);
    await expect
      .poll(async () => (await logOf(ui)).filter((entry) => "data" in entry))
      .toEqual([
        { data: "partner", origin: partner.origin, fromFrame: true },
        { data: "evil", origin: evil.origin, fromFrame: true },
      ]);
  });

  for (const mode of ["open", "closed"]) {
    test(`a frame in a shadow root (${mode}) is not in parent.length; Firefox finds it by its name`, async ({
      ui,
      site,
    }) => {
      const partner = await site(
        "partner",
        () => `<script>
          const look = (key) => { try { return parent[key] === window } catch { return false } };
          parent.postMessage({ length: parent.length, byIndex: look(0), byName: look("spot") }, "*");
        </script>`,
      );
      const host = await site("host", () => listening(`mount("${partner.origin}", { mode: "${mode}", name: "spot" })`));
      await ui.goto(host.origin);
      await expect
        .poll(async () => (await logOf(ui)).find((entry) => "data" in entry)?.["data"])
        .toEqual({ length: 0, byIndex: false, byName: ui.engine === "firefox" });
    });
  }

  test('an opaque frame\'s origin is "null", and "null" is no target', async ({ ui, site }) => {
    const partner = await site("partner", () => "<script>parent.postMessage(origin, '*')</script>");
    const host = await site("host", () => listening(`mount("${partner.origin}", { sandbox: "allow-scripts" })`));
    await ui.goto(host.origin);
    await expect
      .poll(async () => (await logOf(ui)).find((entry) => "data" in entry))
      .toMatchObject({ data: "null", origin: "null" });
    const thrown = await ui.eval(() => {
      try {
        window.postMessage("secret", "null");
        return "nothing";
      } catch (error) {
        return (error as Error).name;
      }
    });
    expect(thrown).toBe("SyntaxError");
  });

  // Neither event tells a view that works from one that does not, and neither is sure to come: only a hello is.
  test("a frame that is refused, blocked or unreachable mostly fires load all the same", async ({ ui, site }) => {
    const refusing = await site("refusing", () => ({
      headers: { "content-security-policy": "frame-ancestors 'none'" },
    }));
    const blocked = await site("blocked", () => "<p>Blocked</p>");
    const gone = await site("gone", () => "");
    await gone.close();
    const fires = {
      chromium: { refusing: "load", blocked: "load", gone: "load" },
      // For what cannot be reached these two fire nothing; there is no moment at which that could be asserted.
      firefox: { refusing: "load", blocked: "error" },
      webkit: { refusing: "load", blocked: "load" },
    }[ui.engine];
    for (const [name, type] of Object.entries(fires)) {
      const { origin } = { refusing, blocked, gone }[name as "refusing" | "blocked" | "gone"];
      const host = await site("host", () => ({
        headers: { "content-security-policy": `frame-src ${refusing.origin} ${gone.origin}` },
        body: listening("", origin),
      }));
      await ui.goto(host.origin);
      await expect.poll(() => logOf(ui), name).toEqual([{ [type]: origin }]);
    }
  });

  test("a frame's hello can come before its first load", async ({ ui, site }) => {
    let answer: (() => void) | null = null;
    const slow = () =>
      new Promise<void>((resolve) => {
        answer = resolve;
      });
    const partner = await site("partner", (path) =>
      path === "/slow.png"
        ? { status: 404, after: slow() }
        : "<script>parent.postMessage('hello', '*')</script><img src=/slow.png>",
    );
    // Mounted later, for the page's own load waits for its frames.
    const host = await site("host", () =>
      listening(`addEventListener("load", () => setTimeout(mount, 0, "${partner.origin}"))`),
    );
    await ui.goto(host.origin);
    await expect.poll(() => logOf(ui)).toMatchObject([{ data: "hello" }]);
    await expect.poll(() => typeof answer).toBe("function");
    (answer as unknown as () => void)();
    await expect.poll(() => logOf(ui)).toMatchObject([{ data: "hello" }, { load: partner.origin }]);
  });

  test("a sandbox set after insertion does not apply to what is loading, but for WebKit", async ({ ui, site }) => {
    const partner = await site("partner", () => "<script>parent.postMessage('ran', '*')</script>");
    const late = await site("host", () => listening(`mount("${partner.origin}").setAttribute("sandbox", "")`));
    await ui.goto(late.origin);
    const said = async () => (await logOf(ui)).map((entry) => entry["data"] ?? "load").toSorted();
    await expect.poll(said).toEqual(ui.engine === "webkit" ? ["load"] : ["load", "ran"]);
    // The control: set before, nothing runs.
    const strict = await site("host", () => listening(`mount("${partner.origin}", { sandbox: "" })`));
    await ui.goto(strict.origin);
    await expect.poll(said).toEqual(["load"]);
  });

  test("Firefox goes on delivering queued messages after port.close()", async ({ ui, site }) => {
    const host = await site("host", () => "<p>Host</p>");
    await ui.goto(host.origin);
    const late = await ui.eval(async () => {
      const { port1, port2 } = new MessageChannel();
      let closed = false;
      let after = 0;
      port1.onmessage = () => {
        if (closed) after++;
        closed = true;
        port1.close();
      };
      for (let n = 0; n < 5_000; n++) port2.postMessage(n);
      // A channel made later delivers after what was queued before, in every engine.
      const later = new MessageChannel();
      for (let round = 0; round < 20; round++) {
        await new Promise((resolve) => {
          later.port1.onmessage = resolve;
          later.port2.postMessage("");
        });
      }
      return { closed, after };
    });
    expect(late).toEqual({ closed: true, after: ui.engine === "firefox" ? expect.any(Number) : 0 });
    if (ui.engine === "firefox") expect(late.after).toBeGreaterThan(0);
  });

  test("a popup refused by the sandbox: null in Chromium and WebKit, an exception in Firefox", async ({ ui, site }) => {
    const partner = await site(
      "partner",
      () => `<button>Open</button><p></p><script>
        document.querySelector("button").onclick = () => {
          const told = (said) => { document.querySelector("p").textContent = said; };
          try { told(String(window.open("/"))); } catch (error) { told("threw"); }
        };
      </script>`,
    );
    const host = await site("host", () =>
      listening(`mount("${partner.origin}", { sandbox: "allow-scripts allow-same-origin" })`),
    );
    await ui.goto(host.origin);
    await ui.frame("#panel").click("button");
    await expect.poll(() => ui.frame("#panel").text("p")).toBe(ui.engine === "firefox" ? "threw" : "null");
  });

  for (const policy of ["same-origin-allow-popups", "same-origin"]) {
    test(`a window that a frame opened can take away the host's page, which is ${policy}: in Firefox alone, and not where it is cut off`, async ({
      ui,
      site,
    }) => {
      const evil = await site("evil", () => "<p id=taken>Taken</p>");
      const take = `
        const out = document.querySelector("#out");
        try {
          opener.top.location.href = "${evil.origin}";
          out.textContent = "taken";
        } catch (error) {
          out.textContent = opener ? error.name : "no opener";
        }`;
      const partner = await site("partner", (path) =>
        path === "/window"
          ? `<pre id=out></pre><script>${take}</script>`
          : `<button>Open</button><script>
              document.querySelector("button").onclick = () => open("/window", "_blank", "popup");
            </script>`,
      );
      const sandbox = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox";
      const host = await site("host", () => ({
        headers: { "cross-origin-opener-policy": policy },
        body: `<iframe id=panel sandbox="${sandbox}" src="${partner.origin}"></iframe>`,
      }));
      await ui.goto(host.origin);
      const popup = await ui.popup(() => ui.frame("#panel").click("button"));
      const isTaken = ui.engine === "firefox" && policy !== "same-origin";
      await expect
        .poll(() => popup.text("#out"))
        .toBe(isTaken ? "taken" : policy === "same-origin" ? "no opener" : "SecurityError");
      if (isTaken) await expect.poll(() => ui.visible("#taken")).toBe(true);
      else expect(await ui.visible("#panel")).toBe(true);
    });
  }

  test("third parties: storage is partitioned; cookies are as the project says @cookies", async ({
    ui,
    site,
    thirdPartyCookies,
  }) => {
    const partner = await site("partner", () => "<p>Partner</p>");
    const host = await site("host", () => listening("", partner.origin));
    await ui.goto(partner.origin);
    // WebKit takes no Secure cookie over http, and the other two none with SameSite=None without it.
    await ui.eval(
      (attributes) => {
        localStorage.setItem("seen", "yes");
        // biome-ignore lint/suspicious/noDocumentCookie: the cookie store is not in all three engines.
        document.cookie = `seen=yes${attributes}`;
      },
      ui.engine === "webkit" ? "" : "; SameSite=None; Secure",
    );
    const look = (surface: Surface) => surface.eval(() => [document.cookie, localStorage.getItem("seen")]);
    expect(await look(ui)).toEqual(["seen=yes", "yes"]);
    await ui.goto(host.origin);
    expect(await look(ui.frame("#panel"))).toEqual([thirdPartyCookies ? "seen=yes" : "", null]);
  });
});
