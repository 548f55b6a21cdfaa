import type { Contract } from "@partner-panel/postmessage-rpc";
import { type Decided, decided } from "../audit.js";
import { RemoteTree } from "./remote-tree.js";

/** What of a view can be called by this contract; calls that fail before there is a session are told as those of a session are. */
export function auditedTree(use: Contract | null, onAudit: (event: Decided) => void): RemoteTree<Contract> {
  return new RemoteTree<Contract>(use, (name, code, ms) => {
    const scope = use?.members[name]?.scope ?? null;
    onAudit({ ...decided("failed", code, scope, ms), direction: "out", method: name });
  });
}
