import {
  combineContracts,
  type Implementation,
  implement,
  isRpcError,
  type RequestedSession,
  requestSession,
} from "@partner-panel/postmessage-rpc";
import { hostPanel, viewPanel } from "@partner-panel/postmessage-rpc/panel";
import { desk, remoteControl } from "./contracts.js";

/*
 * The view of the element tests: speaks the bridge by hand and does what it is told over it. Its query says how far it goes by
 * itself: `?stop=hello` says nothing more after it connected, `?signin=done|SIGN_IN_REQUIRED|…` reports a sign-in first, `?height=300` its
 * height. `?silent` does not say when its page goes, and `?hostile` breaks the wire instead of getting ready.
 */
const query = new URLSearchParams(location.search);
if (query.has("silent")) window.addEventListener("pagehide", (event) => event.stopImmediatePropagation(), true);
let lastPort: MessagePort | null = null;
if (query.has("hostile")) {
  const { start } = MessagePort.prototype;
  MessagePort.prototype.start = function (this: MessagePort) {
    lastPort = this;
    start.call(this);
  };
}
const heard: unknown[] = [];

type AnyCall = (params: unknown) => unknown;
const find = (root: unknown, name: string): AnyCall =>
  name.split(".").reduce<unknown>((at, segment) => Reflect.get(at as object, segment), root) as AnyCall;

const codeOf = (error: unknown) => (isRpcError(error) ? error.code : "THROWN");

const control: Implementation<(typeof remoteControl)["members"]> = implement(remoteControl, {
  "view.call": async ({ name, params }) => {
    try {
      return { result: await find(session.remote, name)(params) };
    } catch (error) {
      return { code: codeOf(error), message: error instanceof Error ? error.message : "" };
    }
  },
  "view.callMany": ({ name, params, times }) =>
    Promise.all(
      Array.from({ length: times }, async () => {
        try {
          await find(session.remote, name)(params);
          return "result";
        } catch (error) {
          return codeOf(error);
        }
      }),
    ),
  "view.read": async ({ name, params }) => {
    let items = 0;
    try {
      for await (const _item of find(session.remote, name)(params) as AsyncIterable<unknown>) {
        items += 1;
        heard.push("item");
      }
      return { items, end: "end" };
    } catch (error) {
      return { items, end: codeOf(error) };
    }
  },
  "view.say": ({ name, params }) => {
    find(session.remote, name)(params);
  },
  "view.seen": () => ({ heard, welcome: session.welcome, grant: [...session.grant] }),
  "view.run": ({ what }) => {
    if (what === "reload") setTimeout(() => location.reload());
    // As a script that is busy, or a process that crashed: nothing is answered for so long.
    if (what === "hang") setTimeout(() => busyFor(4_000));
    if (what === "leave") setTimeout(() => location.assign("/partner/mute"));
    if (what === "defect") setTimeout(() => location.assign(`http://other.localhost:${location.port}/partner/view`));
    if (what === "push") for (let times = 0; times < 20; times += 1) history.pushState(times, "");
    if (what === "focus") window.focus();
    if (what === "focus") document.querySelector<HTMLElement>("#press")?.focus();
  },
});

window.addEventListener("popstate", ({ state }) => heard.push({ popped: state }));

function busyFor(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end; );
}

const others = new BroadcastChannel("views");
others.onmessage = ({ data }) => heard.push(data);

const words = implement(viewPanel, {
  "panel.opened": () => {
    heard.push("opened");
    if (query.has("stop")) return;
    for (let times = 0; query.has("hostile") && times < 1_000; times += 1) lastPort?.postMessage({ times });
    if (query.has("height")) session.remote.panel.size({ height: Number(query.get("height")) });
    const signIn = query.get("signin");
    if (signIn !== null) {
      session.remote.panel.signIn({ state: "started" });
      if (signIn === "done") session.remote.panel.signIn({ state: "done" });
      else if (signIn === "offered") session.remote.panel.signIn({ state: "offered", code: "SIGN_IN_REQUIRED" });
      else if (signIn !== "never") session.remote.panel.signIn({ state: "failed", code: signIn });
    }
    session.remote.panel.ready({});
  },
  "panel.context": (params) => {
    heard.push({ ...params, grant: session.grant.map(({ where }) => where) });
  },
  "panel.theme": (theme) => {
    heard.push(theme);
  },
  // Told to the other views of this page: this one goes.
  "panel.signedOut": () => others.postMessage("signedOut"),
  "panel.suspend": () => void heard.push("suspend"),
  "panel.resume": () => void heard.push("resume"),
  "panel.navigate": () => ({ handled: false }),
  "panel.beforeClose": () => ({ canClose: true }),
  "panel.focus": () => {},
  "panel.displayed": (how) => void heard.push(how),
});

const use = combineContracts(hostPanel, desk);
const session: RequestedSession<typeof use> = await requestSession({
  hosts: query.has("refuse") ? [] : [`http://localhost:${location.port}`],
  provide: [control, words],
  use,
});
