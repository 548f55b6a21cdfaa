/** A view that has called its host and waits, and that never answers what it is asked. `?calls=1000`: it calls so often before. */
import { connect } from "@partner-panel/partner";
import { implement } from "@partner-panel/postmessage-rpc";
import { endless } from "./endless.js";

const panel = await connect({
  contract: endless,
  provide: implement(endless, { "bench.wait": () => new Promise(() => {}), "bench.nothing": () => {} }),
  hosts: [location.origin.replace("//view.", "//host.")],
  auth: false,
});
const calls = Number(new URLSearchParams(location.search).get("calls") ?? "0");
for (let call = 0; call < calls; call++) await panel.host.bench.nothing();
panel.host.bench.wait().catch(() => {});
panel.ready();
