import { connect } from "@partner-panel/partner";
import { implement, isRpcError } from "@partner-panel/postmessage-rpc";
import { desk, track } from "./contract.js";

const panel = await connect({
  contract: desk,
  provide: implement(track, { "track.refresh": () => ({ at: Date.now() }) }),
  hosts: ["https://desk.example"],
});

const ticket = await panel.host.ticket.get({ id: "T-42" });
const subject: string = ticket.subject;
// @ts-expect-error what the contract lacks is not there to be called
panel.host.ticket.remove;

try {
  await panel.host.ticket.update({ id: "T-42", priority: "high" });
} catch (error) {
  if (isRpcError(error, desk, "ticket.update") && error.code === "TICKET_LOCKED") document.title = subject;
}
const response: Response = await panel.fetch("/issues/7");
document.title = String(response.status);
panel.ready();
