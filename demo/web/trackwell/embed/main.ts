import { connect, RpcError } from "@partner-panel/partner";
import { desk } from "../../../desk-contract.js";
import { inWords, loadConfig } from "../../shared/http.js";
import { IssueView } from "./issue-view.js";

const view = document.querySelector("trackwell-issue-view");
if (view instanceof IssueView) await open(view);

async function open(view: IssueView): Promise<void> {
  try {
    const { hosts } = await loadConfig<{ hosts: string[] }>();
    view.panel = await connect({ contract: desk, hosts });
  } catch (error) {
    view.alone = error instanceof RpcError && error.code === "NOT_EMBEDDED";
    view.problem = inWords(error);
  }
}
