import { desk } from "./contract.js";

const tickets = new Map([
  ["T-42", { id: "T-42", subject: "The printer is on fire", priority: "high", internal: "never leaves" }],
]);
const ticketOf = (id: string) => tickets.get(id) ?? { id, subject: "", priority: "low" };

// #region host
import { acceptSession, implement, withBinary } from "@partner-panel/postmessage-rpc";

export const handlers = implement(desk, {
  "ticket.get": ({ id }) => ticketOf(id),
  "ticket.update": ({ id, priority }, call) => {
    if (id === "T-1") throw call.fail("TICKET_LOCKED", { message: "Ada is editing it" });
    return { ...ticketOf(id), priority };
  },
  "ticket.changes": async function* ({ id }, call) {
    while (!call.signal.aborted) yield ticketOf(id);
  },
  "ticket.viewed": () => {},
  "file.attach": (_info, call) => {
    const [file] = call.binary as [ArrayBuffer];
    return withBinary({ bytes: file.byteLength }, [file]);
  },
});

export async function open(frame: HTMLIFrameElement, origin = "https://app.trackwell.example") {
  const session = await acceptSession({
    target: frame.contentWindow as Window,
    origin, // exact: the port goes there and nowhere else
    provide: handlers,
    grant: [{ scope: "ticket:read", where: { id: ["T-42"] } }], // this ticket and no other; nothing is written
    onAudit: (event) => console.log(event.method, event.decision, event.reason),
  });
  return session;
}
// #endregion
