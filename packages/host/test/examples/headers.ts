// #region headers
import { headersFor, parseManifest } from "@partner-panel/manifest";
import { partners } from "./partners.js";

const url = partners.trackwell;
const response = await fetch(url, { redirect: "error" });
const parsed = parseManifest(await response.text(), { url });
if (!parsed.ok) throw new Error(parsed.faults.map(({ pointer, message }) => `${pointer}: ${message}`).join("\n"));
for (const line of headersFor(parsed.manifest, { hosts: ["https://desk.example"] }).host) console.log(line);
// #endregion
