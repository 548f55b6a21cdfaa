import { configurePartners, PartnerPanel } from "@partner-panel/host";
import { expect, test, vi } from "vitest";
import { addPanel, frameOf, manifestUrl, next, partnerOrigin } from "./support.js";

const preconnects = () =>
  [...document.querySelectorAll<HTMLLinkElement>("link[rel=preconnect]")].map(({ href }) => href);

test("fetches the manifest and opens the connection, once; the panel then asks for neither", async () => {
  const url = manifestUrl({ n: "prewarmed", required: "" });
  const signIn = vi.fn(async () => "");
  configurePartners({ partners: { trackwell: url }, signIn: { trackwell: signIn } });
  await Promise.all([PartnerPanel.prewarm("trackwell"), PartnerPanel.prewarm("trackwell")]);
  await PartnerPanel.prewarm("trackwell");
  expect(performance.getEntriesByName(url)).toHaveLength(1);
  expect(preconnects()).toEqual([`${partnerOrigin}/`]);
  expect(document.querySelector("iframe, dialog, partner-panel")).toBe(null);
  expect(signIn).not.toHaveBeenCalled();

  const panel = addPanel({}, { partners: { trackwell: url } });
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  expect(performance.getEntriesByName(url)).toHaveLength(1);
  expect(frameOf(panel)).not.toBe(null);
});

test("code of its own that does not come is nobody's to handle", async () => {
  // Through it Vitest has dynamic imports go.
  const runner = Reflect.get(globalThis, "__vitest_browser_runner__") as { wrapDynamicImport(): unknown };
  vi.spyOn(runner, "wrapDynamicImport").mockImplementation(() => Promise.reject(new TypeError("Failed to fetch")));
  await PartnerPanel.prewarm("trackwell");
  vi.restoreAllMocks();
});

test("a manifest that does not come is the panel's to tell, which asks again; a partner of no name is told at once", async () => {
  const url = manifestUrl({ status: "500" });
  configurePartners({ partners: { trackwell: url } });
  await PartnerPanel.prewarm("trackwell");
  const panel = addPanel({}, { partners: { trackwell: url } });
  expect((await next(panel, "partner-error")).code).toBe("MANIFEST_UNREACHABLE");
  await expect.poll(() => performance.getEntriesByName(url)).toHaveLength(2);
  for (const name of ["nobody", "constructor"])
    await expect(PartnerPanel.prewarm(name)).rejects.toMatchObject({ code: "PARTNER_UNKNOWN" });
});
