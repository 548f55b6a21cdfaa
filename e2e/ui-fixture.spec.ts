import { expect, test } from "./support/test.js";

/** The policy the demo's pages have: what the tests themselves do must work under it. */
const strictPolicy = (frames: string) => ({
  "content-security-policy": `default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self'; frame-src ${frames}; require-trusted-types-for 'script'; trusted-types lit-html`,
});

test.describe("the ui fixture", () => {
  test("clicks, types, reads, opens and looks under a strict policy, in a frame inside a shadow root", async ({
    ui,
    site,
  }) => {
    const partner = await site("partner", (path) => {
      if (path === "/view.js")
        return {
          headers: { "content-type": "text/javascript" },
          body: `
            const said = document.querySelector("#said");
            document.querySelector("button").addEventListener("click", (event) => { said.textContent += "click:" + event.isTrusted + " "; });
            document.querySelector("#open").addEventListener("click", () => { window.open("/popup"); });
            document.querySelector("select").addEventListener("change", (event) => { said.textContent += "select:" + event.target.value + " "; });
            document.querySelector("input").addEventListener("keydown", (event) => { if (event.key === "Enter") said.textContent += "enter:" + event.target.value + " "; });
            const holder = document.querySelector("#holder").attachShadow({ mode: "open" });
            const deep = document.createElement("button");
            deep.textContent = "Deep";
            deep.addEventListener("click", () => { said.textContent += "deep "; });
            holder.append(deep);`,
        };
      if (path === "/popup") return "<title>popup</title><h1>Popup</h1>";
      return {
        headers: strictPolicy("'none'"),
        body: `<button>Press</button> <button id=open>Open</button> <input>
          <select><option value=low>Low</option><option value=high>High</option></select>
          <div id=holder></div><p id=said></p><script type=module src=/view.js></script>`,
      };
    });
    const host = await site("host", (path) =>
      path === "/host.js"
        ? {
            headers: { "content-type": "text/javascript" },
            body: `
              const frame = document.createElement("iframe");
              frame.setAttribute("part", "frame");
              frame.sandbox = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox";
              frame.src = "${partner.origin}/";
              document.querySelector("#panel").attachShadow({ mode: "open" }).append(frame);
              document.querySelector("input").addEventListener("focus", () => { document.querySelector("#host-said").textContent = "focus"; });`,
          }
        : {
            headers: strictPolicy(partner.origin),
            body: "<h1>Host</h1><div id=panel></div><input><p id=host-said></p><script type=module src=/host.js></script>",
          },
    );
    await ui.goto(host.origin);
    await expect.poll(() => ui.text("h1")).toBe("Host");
    expect(await ui.text("h7")).toBeNull();
    expect(await ui.visible("h1", { text: "hos" })).toBe(true);
    expect(await ui.visible("#panel >> iframe")).toBe(true);

    const view = ui.frame("#panel");
    await view.click("button", { text: "Press" });
    await expect.poll(() => view.text("#said")).toBe("click:true");
    await view.click("#holder >> button");
    await view.select("select", "high");
    await view.fill("input", "first");
    await view.fill("input", "second");
    await view.type("input", " third");
    await ui.press("Enter");
    await expect.poll(() => view.text("#said")).toBe("click:true deep select:high enter:second third");
    expect(await view.eval((n: number) => Promise.resolve(n + 1), 41)).toBe(42);
    expect(await view.eval(() => location.origin)).toBe(partner.origin);
    await expect(view.eval(() => Promise.reject(new Error("from the page")))).rejects.toThrow("from the page");

    // Out of the view by keyboard, into the host's next field.
    await ui.press("Tab");
    for (let n = 0; n < 6 && (await ui.text("#host-said")) !== "focus"; n++) await ui.press("Tab");
    expect(await ui.text("#host-said")).toBe("focus");

    const popup = await ui.popup(() => view.click("#open"));
    await expect.poll(() => popup.text("h1")).toBe("Popup");
    await popup.close();

    const tab = await ui.newTab();
    await tab.goto(host.origin);
    await expect.poll(() => tab.frame("#panel").text("#said")).toBe("");
    await tab.eval(() => localStorage.setItem("shared", "yes"));
    expect(await ui.eval(() => localStorage.getItem("shared"))).toBe("yes");
    await tab.close();

    await ui.reload();
    await expect.poll(() => view.text("#said")).toBe("");
    expect((await ui.screenshot()).subarray(1, 4).toString()).toBe("PNG");
    expect(await ui.errors()).toEqual([]);
  });

  test("sees errors and violations", async ({ ui, site }) => {
    const fault = {
      headers: { "content-type": "text/javascript" },
      body: `
			document.querySelector("button").addEventListener("click", () => {
				document.body.append(Object.assign(new Image(), { src: "http://nowhere.localhost/" }));
				setTimeout(() => { throw new Error("uncaught in " + location.origin); });
				Promise.reject(new Error("unhandled in " + location.origin));
			});`,
    };
    const page = {
      headers: strictPolicy("http://*.localhost:*"),
      body: "<button>Fault</button><div id=frame></div><script type=module src=/fault.js></script>",
    };
    const partner = await site("partner", (path) => (path === "/fault.js" ? fault : page));
    const host = await site("host", (path) =>
      path === "/fault.js" ? fault : { ...page, body: `${page.body}<iframe src="${partner.origin}"></iframe>` },
    );
    await ui.goto(host.origin);
    for (const surface of [ui, ui.frame("iframe")]) {
      const origin = await surface.eval(() => location.origin);
      await surface.click("button");
      for (const words of [`uncaught in ${origin}`, `unhandled in ${origin}`, `at ${origin}/`]) {
        // In WebKit each look at a document also collects what happened there.
        await expect
          .poll(async () => [await surface.visible("button"), ...(await ui.errors())].join())
          .toContain(words);
      }
    }
  });
});
