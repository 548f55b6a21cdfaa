/* A host's page in plain TypeScript, with nothing but the package's own types. */
import type { DisplayMode, PartnerNavigateEvent, PartnerPanel } from "@partner-panel/host";
import "@partner-panel/host/define";
import { desk } from "./contract.js";

// The tag's name gives its class.
const panel = document.createElement("partner-panel");
const found: PartnerPanel | null = document.querySelector("partner-panel");
panel.partner = "trackwell";
panel.display = "dialog";
// @ts-expect-error: there is no such mode
panel.display = "window";
// @ts-expect-error: read-only
panel.state = "ready";

// Each event by its name, on the element and on the document that it bubbles to.
panel.addEventListener("partner-navigate", (event: PartnerNavigateEvent) => {
  event.respondWith(event.path.startsWith("/issues"));
  // @ts-expect-error: yes or no
  event.respondWith("/issues");
});
document.addEventListener("partner-dirty", ({ dirty }) => !dirty);
panel.addEventListener("partner-displayrequest", (event) => event.respondWith(Promise.resolve("inline")));
panel.addEventListener("partner-closerequest", ({ reason, dirty, display }) => [reason, dirty, display]);
panel.addEventListener("partner-openlink", (event) => event.respondWith(event.url.startsWith("https:")));

const shown: Promise<{ mode: DisplayMode }> = panel.requestDisplay("fullscreen");
const closed: Promise<{ closed: boolean }> = panel.requestClose({ reason: "route" });
const there: Promise<void> = panel.navigate("/issues/7", { replace: true });
panel.focus({ edge: "start", preventScroll: true });
// @ts-expect-error: an edge is the start or the end
panel.focus({ edge: "top" });

// What the view provides is typed by `use`.
const typed = document.createElement("partner-panel") as unknown as PartnerPanel<typeof desk>;
typed.use = desk;
const ticket: Promise<{ subject: string }> = typed.remote.ticket.get({ id: "T-42" });
// @ts-expect-error: the contract asks for an id
void typed.remote.ticket.get({});

export const sample = { found, shown, closed, there, ticket };
