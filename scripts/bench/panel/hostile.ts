/** A view that floods its host as soon as it is connected, and is then busy for seconds. */
import { connect } from "@partner-panel/partner";

const ports: MessagePort[] = [];
const { start } = MessagePort.prototype;
MessagePort.prototype.start = function (this: MessagePort) {
  ports.push(this);
  start.call(this);
};
await connect({ hosts: [location.origin.replace("//mallory.", "//host.")], auth: false });
for (const port of ports) for (let times = 0; times < 100_000; times++) port.postMessage("[{}");
for (const end = performance.now() + 3_000; performance.now() < end; );
