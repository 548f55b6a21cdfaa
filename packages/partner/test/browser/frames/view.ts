import { connect } from "../../../src/connect.js";

/** The view that the tests embed: it connects as its own address says, and tells how that went. */
const { style = "", content = "", options = "{}" } = Object.fromEntries(new URLSearchParams(location.search));
document.head.append(Object.assign(document.createElement("style"), { textContent: style }));
for (const main of document.getElementsByTagName("main")) main.innerHTML = content;

declare global {
  interface Window {
    connecting: ReturnType<typeof connect>;
  }
}
window.connecting = connect({ hosts: [], auth: false, ...(JSON.parse(options) as object) });
window.connecting.catch(() => {});
