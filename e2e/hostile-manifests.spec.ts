import { at, openLinkedIssue, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";

const panel = "#mallory-panel";
const error = `${panel} >> [part=error]`;

/** Mallory's manifests that no panel takes: the code that people see, and what a developer is told. */
const refused = [
  { name: "oversized", code: "MANIFEST_INVALID", told: ["65536 bytes"] },
  { name: "redirecting", code: "MANIFEST_UNREACHABLE", told: ["cannot be fetched"] },
  {
    name: "wildcard",
    code: "MANIFEST_INVALID",
    told: ["/scopes/ticket:*", "SCOPE_WILDCARD", "SCOPE_INVALID", "SCOPE_DUPLICATE", "SCOPE_UNDECLARED"],
  },
  { name: "other-origin", code: "MANIFEST_INVALID", told: ["/origin", "SERVED_ELSEWHERE"] },
  { name: "off-origin-entry", code: "MANIFEST_INVALID", told: ["URL_SCHEME", "OFF_ORIGIN"] },
  { name: "too-long", code: "MANIFEST_INVALID", told: ["TEXT_TOO_LONG"] },
];

test("hostile manifests are refused with their code, and no frame is made", async ({ ui, demo }) => {
  test.slow();
  await signIn(ui, demo, "ada", "/partners/mallory");
  await expect.poll(() => stateOf(ui, panel), "the control: with its manifest in order Mallory is shown").toBe("ready");
  expect(await ui.visible(`${panel} >> iframe`)).toBe(true);
  for (const { name, code, told } of refused) {
    await test.step(name, async () => {
      await ui.click(`#to-manifest-${name}`);
      await expect.poll(() => ui.text("#panel-code")).toBe(code);
      await expect.poll(() => ui.text(error)).toContain(code);
      expect(await ui.visible(`${panel} >> iframe`)).toBe(false);
      const words = await ui.text("#panel-error");
      for (const word of told) expect(words).toContain(word);
      // To the next by way of the one in order, so that what is seen is not the last one's.
      await ui.click('nav.cases a[href="/partners/mallory"]');
      await expect.poll(() => stateOf(ui, panel)).toBe("ready");
    });
  }
  await test.step("Desk and its other partner are none the worse", async () => {
    await ui.click('a[href="/tickets"]');
    await ui.click('a[href="/tickets/T-42"]');
    await ui.click(at.allow);
    await expect.poll(() => stateOf(ui)).toBe("ready");
    expect(await ui.frame(at.panel).text("#issue-id")).toBe("TRK-7");
  });
  expect(await ui.errors()).toEqual([]);
});

test("a manifest that says it is Trackwell gets nothing of Trackwell's", async ({ ui, demo }) => {
  await openLinkedIssue(ui, demo, "ada");
  await ui.goto(`${demo.addresses.desk}/partners/mallory?manifest=spoofing`);
  await expect.poll(() => ui.text(at.dialog)).toContain("Allow Trackwell Issues?");
  expect(await ui.text(at.dialog), "whose page it is").toContain(demo.addresses.mallory);
  expect(await ui.text(at.dialog)).not.toContain(demo.addresses.trackwell);
  await ui.click(at.deny);
  await expect.poll(() => ui.text(error)).toContain("CONSENT_REFUSED");
});

/** A host that takes a manifest as it comes, and frames what that names. */
const careless = (manifest: string) => `<!doctype html><title>Careless</title><pre id=log></pre><script>
  addEventListener("message", (event) => {
    if (event.data?.["partner-panel"] === "hello") document.querySelector("#log").textContent += event.origin + "\\n";
  });
  fetch(${JSON.stringify(manifest)}).then((response) => response.json()).then((manifest) => {
    const frame = document.createElement("iframe");
    frame.src = new URL(manifest.surfaces.panel.views.attacks.entry, ${JSON.stringify(new URL(manifest).origin)});
    document.body.append(frame);
  });
</script>`;

for (const name of ["oversized", "redirecting", "other-origin", "too-long"]) {
  test(`the control: a host that takes any manifest shows Mallory's (${name})`, async ({ ui, demo, site }) => {
    const host = await site("host", () => careless(`${demo.addresses.mallory}/manifests/${name}.json`));
    await ui.goto(host.origin);
    await expect.poll(() => ui.text("#log")).toContain(demo.addresses.mallory);
  });
}

for (const { name, shown, hidden } of [
  {
    name: "hidden-text",
    shown: "See [U+202E]nothing of[U+202C] the [U+2066]ticket[U+2069]",
    hidden: /[\u200b\u202e\u2066]/,
  },
  { name: "markup", shown: "<img src=x onerror=alert(1)> See the ticket", hidden: /never there/ },
]) {
  test(`texts of a manifest are data in the dialog (${name})`, async ({ ui, demo }) => {
    await signIn(ui, demo, "ada", `/partners/mallory?manifest=${name}`);
    await expect.poll(() => ui.text(at.dialog)).toContain(shown);
    expect(await ui.text(at.dialog)).not.toMatch(hidden);
    const made = await ui.eval(() => {
      const dialog = document.querySelector("#mallory-panel")?.shadowRoot?.querySelector("dialog");
      return {
        buttons: dialog?.querySelectorAll("button").length,
        pictures: dialog?.querySelectorAll("img, script").length,
      };
    });
    expect(made).toEqual({ buttons: 2, pictures: 0 });
    await ui.click(at.deny);
    await expect.poll(() => ui.text(error)).toContain("CONSENT_REFUSED");
    expect(await ui.errors()).toEqual([]);
  });
}
