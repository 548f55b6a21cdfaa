import { RawPeer } from "../../../../postmessage-rpc/test/raw-peer.js";

/*
 * A view with no SDK, of another age than this host. `?age=old` knows no word but those without which there is no panel: it answers every request with
 * METHOD_NOT_FOUND and lets every notification pass. `?age=new` speaks later versions as well, and says more than this host knows.
 */
const isNew = new URLSearchParams(location.search).get("age") === "new";
const nonce = crypto.randomUUID();
const versions = isNew ? ["3.0.0", "1.9.0", "1.0.0"] : ["1.0.0"];
const more = isNew ? { because: { it: ["can"] } } : {};
const tell = (said: object) => parent.postMessage({ at: "view", ...said }, "*");

addEventListener("message", ({ data, ports: [port] }) => {
  if (port === undefined || data?.["partner-panel"] !== "welcome") return;
  const peer = new RawPeer(port);
  peer.notify("rpc.ready", { limits: isNew ? { colours: 7 } : {}, ...more });
  void peer.find(({ method }) => method === "panel.opened").then(() => open(peer));
  port.addEventListener("message", () => answerAll(peer));
  tell({ version: data.version });
});
parent.postMessage({ "partner-panel": "hello", versions, nonce, ...more }, "*");

function open(peer: RawPeer): void {
  if (isNew) {
    peer.notify("rpc.whisper", more);
    peer.notify("panel.glow", more);
    peer.request("divine", "panel.divine", more);
    void peer.answer("divine").then(({ error }) => tell({ error }));
  }
  peer.notify("panel.size", { height: 333, ...more });
  peer.notify("panel.ready", more);
}

let answered = 0;
function answerAll(peer: RawPeer): void {
  for (const { id, method } of peer.received.slice(answered)) {
    answered += 1;
    if (typeof method === "string") tell({ method });
    if (id === undefined || method === undefined) continue;
    const error = { code: -32601, message: "No such method", data: { code: "METHOD_NOT_FOUND" } };
    peer.say({ jsonrpc: "2.0", id, ...(method === "rpc.ping" ? { result: null } : { error }) });
  }
}
