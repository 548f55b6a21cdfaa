import { configurePartners } from "@partner-panel/host";
import "@partner-panel/host/define";

/** Another tab of the host, as far as it matters: a document of its own, with its own copy of everything, on the host's origin. */
const query = new URLSearchParams(location.search);
configurePartners({
  partners: { trackwell: query.get("manifest") ?? "" },
  policy: { trackwell: { scopes: [] } },
  user: () => query.get("user"),
});
const panel = document.createElement("partner-panel");
panel.setAttribute("partner", "trackwell");
panel.setAttribute("view", "issue");
panel.setAttribute("label", "Linked issue");
document.body.append(panel);
