/*
 * What the bundled file `partner-panel.js` holds, for a page without a build step: a classic script that registers the elements and puts all the rest
 * into one global, `partnerPanel`. No module imports this.
 */
import "./define.js";

export { defineContract, method, notification, stream } from "@partner-panel/postmessage-rpc";
export * from "./index.js";
