import type { PanelError } from "@partner-panel/host";
import type { ManifestFault } from "@partner-panel/manifest";
import { html, nothing, type TemplateResult } from "lit";

/** An error of a panel's as a developer reads it: the code, what happened, and how it is put right. */
export function developerWords({ code, message, hint, cause }: PanelError): TemplateResult {
  const faults = Array.isArray(cause) ? (cause as ManifestFault[]) : [];
  return html`
    <p><code id="panel-code">${code}</code> ${faults.length > 0 ? `The manifest has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:` : message}</p>
    ${
      faults.length > 0
        ? html`<ul id="faults">${faults.map(({ pointer, code: of, message: says }) => html`<li><code>${pointer || "/"}</code> ${says} <code class="quiet">${of}</code></li>`)}</ul>`
        : nothing
    }
    <p class="fine">${hint}</p>
  `;
}
