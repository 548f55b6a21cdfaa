/**
 * A page that says hellos by hand, as the query tells, and reports all it receives. What an attacker's page on another site, or another
 * implementation of the protocol, would be.
 */
const query = new URL(location.href).searchParams;
const hello = {
  "partner-panel": "hello",
  versions: ["1.0.0"],
  nonce: crypto.randomUUID(),
  ...JSON.parse(query.get("hello") ?? "{}"),
};
const target = query.get("to") === "sibling" ? (window.parent.frames[0] ?? window.parent) : window.parent;
const got: { data: unknown; ports: number }[] = [];

addEventListener("message", (event: MessageEvent) => {
  if (event.data === "report") {
    (event.source as Window).postMessage({ report: got }, event.origin);
    return;
  }
  if (event.data === "again") {
    target.postMessage(hello, "*");
    return;
  }
  if (event.data?.go) {
    location.href = event.data.go as string;
    return;
  }
  got.push({ data: event.data, ports: event.ports.length });
  const [port] = event.ports;
  if (port && query.get("ready") === "yes") port.postMessage('{"jsonrpc":"2.0","method":"rpc.ready","params":{}}');
});
for (let n = 0; n < Number(query.get("times") ?? "3"); n++) target.postMessage(hello, "*");
window.parent.postMessage("said", "*");
