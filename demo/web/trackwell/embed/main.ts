import { connect, type PartnerAuth, RpcError } from "@partner-panel/partner";
import { desk } from "../../../desk-contract.js";
import { inWords, loadConfig } from "../../shared/http.js";
import { IssueView } from "./issue-view.js";

/** What `/config.json` of Trackwell says to its view. */
interface ViewConfig {
  hosts: string[];
  /** Who signs users in where a customer's provider is trusted; else the manifest of this origin says it. */
  sharedAuth: PartnerAuth;
}

const view = document.querySelector("trackwell-issue-view");
if (view instanceof IssueView) await open(view);

async function open(view: IssueView): Promise<void> {
  try {
    const { hosts, sharedAuth } = await loadConfig<ViewConfig>();
    // Shown to a customer whose provider Trackwell trusts as its own: the other manifest of Trackwell's sends the frame here with this query.
    const isShared = new URLSearchParams(location.search).get("provider") === "shared";
    view.panel = await connect({ contract: desk, hosts, standalone: false, ...(isShared ? { auth: sharedAuth } : {}) });
  } catch (error) {
    view.alone = error instanceof RpcError && error.code === "NOT_EMBEDDED";
    view.problem = inWords(error);
  }
}
