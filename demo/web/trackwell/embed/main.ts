import { connect, type PartnerAuth, RpcError } from "@partner-panel/partner";
import { desk } from "../../../desk-contract.js";
import { inWords, loadConfig } from "../../shared/http.js";
import { IssueView } from "./issue-view.js";

/** What `/config.json` of Trackwell says to its view. */
interface ViewConfig {
  hosts: string[];
  /** Who signs users in where a customer's provider is trusted; else the manifest of this origin says it. */
  sharedAuth: PartnerAuth;
  /** For QA: another site. */
  mallory: string;
}

const view = document.querySelector("trackwell-issue-view");
if (view instanceof IssueView) await open(view);

async function open(view: IssueView): Promise<void> {
  try {
    const { hosts, sharedAuth, mallory } = await loadConfig<ViewConfig>();
    const query = new URLSearchParams(location.search);
    const qa = query.get("qa") === null ? null : await import("./qa.js");
    const fault = qa?.faultOf(query.get("qa") ?? "", mallory) ?? {};
    if (fault.instead) return fault.instead();
    fault.before?.();
    // Shown to a customer whose provider Trackwell trusts as its own: the other manifest of Trackwell's sends the frame here with this query.
    const isShared = query.get("provider") === "shared";
    const panel = await connect({
      contract: desk,
      hosts,
      standalone: false,
      ...(isShared ? { auth: sharedAuth } : {}),
      ...fault.options,
    });
    qa?.startLater(fault, panel);
    if (!fault.isEmpty) view.panel = panel;
  } catch (error) {
    view.alone = error instanceof RpcError && error.code === "NOT_EMBEDDED";
    view.problem = inWords(error);
  }
}
