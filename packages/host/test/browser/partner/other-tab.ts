import { configurePartners, PartnerPanel } from "@partner-panel/host";
import "@partner-panel/host/define";

/** Another tab of the host, as far as it matters: a document of its own, with its own copy of everything, on the host's origin. */
const query = new URLSearchParams(location.search);
configurePartners({
  partners: { trackwell: query.get("manifest") ?? "" },
  policy: { trackwell: { scopes: [] } },
  user: () => query.get("user"),
});
// What runs a panel comes late, or not at all at the first time, as the test says: through the function that Vitest has dynamic imports call.
const code = query.get("code");
let times = 0;
if (code !== null)
  Object.assign(globalThis, {
    __vitest_browser_runner__: {
      wrapDynamicImport: (load: () => Promise<unknown>) => {
        if (!`${load}`.includes("panel-controller")) return load();
        times += 1;
        if (times === (code === "missing" ? 1 : code === "once" ? 2 : 0))
          return Promise.reject(new TypeError("Failed to fetch"));
        const asked = new Promise((resolve) => addEventListener("let-it-come", resolve, { once: true }));
        return code === "late" ? asked.then(load) : load();
      },
    },
  });

const panel = document.createElement("partner-panel");
const timeout = query.get("timeout");
if (timeout !== null) panel.setAttribute("timeout", timeout);
const loading = query.get("loading");
if (loading !== null) panel.setAttribute("loading", loading);
panel.setAttribute("partner", "trackwell");
panel.setAttribute("view", "issue");
panel.setAttribute("label", "Linked issue");
if (query.has("prewarm")) await PartnerPanel.prewarm("trackwell");
document.body.append(panel);
