/** This project's bridge as a panel uses it: schemas checked on both sides, every scope checked, every call audited. */
import {
  type AuditEvent,
  acceptSession,
  binaryOf,
  type Contract,
  defineContract,
  implement,
  type Limits,
  method,
  requestSession,
  stream,
  withBinary,
} from "@partner-panel/postmessage-rpc";
import * as v from "valibot";
import { itemText, type OpenHost, type OpenView } from "../bridge.js";
import { raised } from "../limits.mjs";

const small = v.object({ n: v.number(), text: v.string() });
const ticket = v.object({
  id: v.string(),
  subject: v.string(),
  status: v.string(),
  priority: v.string(),
  assignee: v.nullable(v.string()),
  revision: v.number(),
  locked: v.boolean(),
  updatedAt: v.string(),
});
const empty = v.object({});
const amount = v.object({ count: v.number() });

const hostContract = defineContract({
  call: method({ scope: "bench:call", params: small, result: small }),
  echo: method({ scope: "bench:echo", params: v.array(ticket), result: v.array(ticket) }),
  buffer: method({ scope: "bench:buffer", params: empty, result: empty, binary: true }),
  collect: method({ scope: "bench:items", params: amount }),
});
const viewContract = defineContract({
  items: stream({ scope: "bench:items", params: amount, item: small }),
});
const grant = ["bench:call", "bench:echo", "bench:buffer", "bench:items"].map((scope) => ({ scope }));

const limits: Partial<Limits> = new URLSearchParams(location.search).get("limits") === "default" ? {} : raised;

/** As a host keeps it: the newest thousand. A run in which anything but what was asked for happened is no measurement. */
function audit(): (event: AuditEvent) => void {
  const ring = new Array<AuditEvent | null>(1_000).fill(null);
  return (event) => {
    if (event.decision === "denied" || event.decision === "failed")
      throw new Error(`${event.method ?? "a message"} was ${event.decision}: ${event.reason}`);
    ring[event.seq % ring.length] = event;
  };
}

export const openHost: OpenHost = (frame, origin, service) => {
  const provide = implement(hostContract, {
    call: (value) => value,
    echo: (tickets) => tickets,
    buffer: (_, call) => withBinary({}, call.binary),
    collect: async ({ count }) => {
      const { remote } = await session;
      for await (const item of remote.items({ count })) service.take(item);
    },
  });
  if (!frame.contentWindow) throw new Error("The frame is not in the document");
  const session = acceptSession({
    target: frame.contentWindow,
    origin,
    provide,
    use: viewContract,
    grant,
    limits,
    onAudit: audit(),
  });
};

export const openView: OpenView = async (hostOrigin) => {
  const provide = implement(viewContract, {
    items: async function* ({ count }) {
      for (let n = 0; n < count; n++) yield { n, text: itemText };
    },
  });
  const { remote } = await requestSession({
    hosts: [hostOrigin],
    provide,
    use: hostContract satisfies Contract,
    limits,
    onAudit: audit(),
  });
  return {
    call: (value) => remote.call(value),
    echo: (tickets) => remote.echo(tickets),
    buffer: async (buffer) => binaryOf(await remote.buffer({}, { binary: [buffer] }))[0] as ArrayBuffer,
    items: (count) => remote.collect({ count }),
  };
};
