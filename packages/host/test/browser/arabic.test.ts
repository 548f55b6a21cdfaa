import { configurePartners } from "@partner-panel/host";
import { expect, test } from "vitest";
import { addActing, appears, inShadow, view } from "./acting-support.js";
import { opened } from "./consent-support.js";
import { addPanel, manifestUrl, next, part } from "./support.js";

/* The package's own Arabic: for a panel whose locale, or whose page, is Arabic. */

const spoken = (panel: HTMLElement) => panel.shadowRoot?.querySelector(".announcement")?.textContent;

test("by the locale: states, consent and questions; by the page's own words where it has some", async () => {
  const panel = addPanel({ locale: "ar-EG" }, { query: { required: "" }, strings: { consentAllow: "نعم" } });
  const dialog = await opened(panel);
  expect(dialog.textContent).toContain("يطلب إذنك من أجل:");
  expect(part(panel, "consent-allow")?.textContent?.trim()).toBe("نعم");
  expect(part(panel, "consent-deny")?.textContent?.trim()).toBe("ليس الآن");
  dialog.dispatchEvent(new Event("cancel", { cancelable: true }));

  const acting = addActing({ locale: "ar", dir: "rtl" });
  await acting.ready;
  await expect.poll(() => spoken(acting)).toBe("Linked issue جاهز.");
  view(acting, "panel.ui.confirm", "Really?").catch(() => {});
  await appears(acting, "[part=question]");
  expect(inShadow(acting, "[part=question-cancel]")?.textContent).toBe("إلغاء");
});

test("by the nearest lang, for both elements; other languages are English", async () => {
  const place = document.createElement("div");
  place.lang = "ar";
  document.body.append(place);
  configurePartners({ partners: { trackwell: manifestUrl({ status: "500", n: "arabic" }) }, user: () => "ada" });
  place.innerHTML = `<partner-panel partner="trackwell" view="issue" label="Linked issue"></partner-panel><partner-grants></partner-grants>`;
  const [panel, grants] = place.children;
  await expect.poll(() => panel?.shadowRoot?.textContent).toContain("تعذّر الوصول إلى trackwell الآن.");
  await expect.poll(() => grants?.shadowRoot?.textContent).toContain("لم تمنح أي شريك إذنًا.");
  const english = addPanel({ locale: "arn" }, { query: { status: "500" } });
  await next(english, "partner-error");
  await english.updateComplete;
  expect(spoken(english)).toContain("can’t be reached right now.");
});
