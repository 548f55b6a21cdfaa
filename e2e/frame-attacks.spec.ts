import { readFileSync } from "node:fs";
import { stateOf } from "./support/desk.js";
import { moduleAt, pageWith } from "./support/modules.js";
import { expect, test } from "./support/test.js";

const script = readFileSync(new URL("../packages/host/dist/script/partner-panel.js", import.meta.url), "utf8");

/** Ways to another window, and to the tab itself; each takes a press of its own. */
const ways = ["open", "open-alone", "link", "form", "top"] as const;

/** A view with a button for each way out, which says when it has tried. */
const view = (host: string, evil: string) =>
  pageWith(
    `const landed = (way) => "${evil}/landed?" + (location.hash === "#bare" ? "bare-" : "panel-") + way;
     const attempt = {
       open: (to) => void window.open(to),
       "open-alone": (to) => void window.open(to, "_blank", "noopener,noreferrer,popup"),
       link: (to) => Object.assign(document.createElement("a"), { href: to, target: "_blank" }).click(),
       form: (to) => {
         const form = Object.assign(document.createElement("form"), { action: to, target: "another", method: "post" });
         document.body.append(form);
         form.submit();
       },
       top: (to) => { top.location.href = to; },
     };
     for (const [way, run] of Object.entries(attempt))
       document.getElementById(way).onclick = () => {
         try { run(landed(way)); } catch {}
         document.querySelector("#tried").textContent += way + " ";
       };
     if (location.hash !== "#bare") {
       const { connect } = await import("@partner-panel/partner");
       const panel = await connect({ hosts: ["${host}"], auth: false });
       panel.ready();
     }`,
    `<p id=tried></p>${ways.map((way) => `<button id=${way}>${way}</button>`).join("")}`,
  );

test("whatever is pressed in a view, it opens no window and moves no tab; the control: from a frame as any other it does both", async ({
  ui,
  site,
}) => {
  const landed = new Set<string>();
  const evil = await site("evil", (path) => {
    landed.add(path.replace("/landed?", ""));
    return "<title>Evil</title>";
  });
  // Each needs the other's address.
  let host = "";
  const partner = await site("partner", (path) => {
    if (path === "/partner-panel.json") {
      const { origin } = partner;
      const surfaces = { link: { entry: "/" }, panel: { views: { out: { entry: "/view", title: "A way out" } } } };
      const manifest = { manifest_version: 1, id: "localhost.out", version: "1.0.0", name: "Out", origin };
      return {
        headers: { "content-type": "application/json", "access-control-allow-origin": "*" },
        body: JSON.stringify({ ...manifest, protocol: "^1.0.0", scopes: {}, permissions: { forms: {} }, surfaces }),
      };
    }
    return path === "/view" ? view(host, evil.origin) : moduleAt(path);
  });
  const page = await site("host", (path) => {
    if (path === "/partner-panel.js") return { headers: { "content-type": "text/javascript" }, body: script };
    if (path === "/bare") return `<!doctype html><iframe id=bare src="${partner.origin}/view#bare"></iframe>`;
    return `<!doctype html><script src="/partner-panel.js"></script><script>
      partnerPanel.configurePartners({
        partners: { out: "${partner.origin}/partner-panel.json" },
        policy: { out: { scopes: [], permissions: ["forms"] } },
      });
    </script><partner-panel id=panel partner=out view=out label="A way out"></partner-panel>`;
  });
  host = page.origin;

  await ui.goto(host);
  await expect.poll(() => stateOf(ui, "#panel")).toBe("ready");
  const inPanel = ui.frame("#panel");
  for (const [index, way] of ways.entries()) {
    await inPanel.click(`#${way}`);
    await expect.poll(() => inPanel.text("#tried"), "tried").toBe(ways.slice(0, index + 1).join(" "));
  }
  expect(await ui.url()).toBe(`${host}/`);
  expect(await stateOf(ui, "#panel")).toBe("ready");

  const windows = ["bare-open", "bare-open-alone", "bare-link", "bare-form"];
  await test.step("the control", async () => {
    await ui.goto(`${host}/bare`);
    const bare = ui.frame("#bare");
    for (const way of ways) {
      await bare.click(`#${way}`);
      await expect.poll(() => landed.has(`bare-${way}`), way).toBe(true);
    }
    await expect.poll(() => ui.url()).toBe(`${evil.origin}/landed?bare-top`);
  });
  // By now, what the panel's view tried would long be there.
  expect([...landed].filter((path) => !path.endsWith("favicon.ico")).toSorted()).toEqual(
    [...windows, "bare-top"].toSorted(),
  );
});
