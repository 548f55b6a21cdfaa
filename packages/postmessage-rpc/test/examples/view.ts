// #region view
import { isRpcError, requestSession } from "@partner-panel/postmessage-rpc";
import { desk } from "./contract.js";

export async function start(hosts = ["https://desk.example"]) {
  const { remote } = await requestSession({ hosts, use: desk }); // nobody else may embed this view

  const ticket = await remote.ticket.get({ id: "T-42" }); // { id, subject, priority }
  try {
    await remote.ticket.update({ id: "T-42", priority: "low" });
  } catch (error) {
    if (isRpcError(error, desk, "ticket.update") && error.code === "SCOPE_DENIED") {
      console.log(`${ticket.subject}: may be read only`, error.data); // { scope: "ticket:write" }
    }
  }
}
// #endregion
