import { type Answer, sayHello, type Wire } from "./wire.js";

/** What an attack came to: `got` is the loot in words, or null for nothing; `answer` is how it was turned down. */
export interface Outcome {
  got: string | null;
  answer: string;
}

export interface Attack {
  /** Also the id of its line on the page, after `attack-`. */
  id: string;
  title: string;
  /** The agent has allowed this, so that getting it is no loot. */
  allowed?: boolean;
  run(): Promise<Outcome> | Outcome;
}

/** The names by which a careless dispatcher can be led out of its own table. */
const inheritedNames = ["constructor", "toString", "__proto__", "then", "hasOwnProperty", ""];

/**
 * Attacks over the port that Mallory's own panel was given, like any partner's. `mayRead`: the agent has allowed it to
 * read T-42.
 */
export function portAttacks(wire: Wire, mayRead: boolean): Attack[] {
  return [
    ...inheritedNames.map((name) => ({
      id: `method-${name || "empty"}`,
      title: `Call the method “${name}”`,
      run: async () => outcome(await wire.call(name, {})),
    })),
    {
      id: "read-ticket",
      title: mayRead ? "Read T-42, which the agent has allowed" : "Read T-42 without having been allowed to",
      allowed: mayRead,
      run: async () => outcome(await wire.call("ticket.get", { id: "T-42" })),
    },
    {
      id: "other-ticket",
      title: "Read T-41, which no agent has open here",
      run: async () => outcome(await wire.call("ticket.get", { id: "T-41" })),
    },
    {
      id: "stream",
      title: "Listen to the changes of T-41",
      run: async () => outcome(await wire.stream("ticket.changes", { id: "T-41" })),
    },
    {
      id: "undeclared-scope",
      title: "Set T-42's priority, with a scope that Desk never gives Mallory",
      run: async () => outcome(await wire.call("ticket.update", { id: "T-42", priority: "low" })),
    },
    {
      id: "forged-grant",
      title: "Tell the host that everything is granted, then try again",
      run: async () => {
        wire.notify("rpc.grant", { scopes: [{ scope: "ticket:read" }, { scope: "ticket:write" }] });
        return outcome(await wire.call("ticket.update", { id: "T-42", priority: "low" }));
      },
    },
    {
      id: "prototype-params",
      title: "Hide the ticket's id in __proto__",
      run: async () =>
        outcome(await wire.callText("ticket.get", '{"__proto__":{"id":"T-42"},"constructor":{"id":"T-42"}}')),
    },
    {
      id: "assertion",
      title: "Ask the host to vouch for its agent to Mallory",
      run: async () => outcome(await wire.call("panel.assertion", { jkt: "a".repeat(43), scope: "issues:read" })),
    },
  ];
}

/** Attacks on the windows around this one, for which no port is needed. */
export function windowAttacks(): Attack[] {
  const around = window.parent;
  return [
    { id: "parent-document", title: "Read the host's document", run: () => reach(() => around.document.title) },
    {
      id: "parent-storage",
      title: "Read the host's session storage",
      run: () => reach(() => around.sessionStorage.length),
    },
    { id: "parent-fetch", title: "Borrow the host's fetch", run: () => reach(() => typeof around.fetch) },
    { id: "top-location", title: "Send the whole tab elsewhere", run: moveTop },
    { id: "named-frames", title: "Find the other panels' frames", run: () => reach(otherFrames) },
    {
      id: "popup",
      title: "Open a window",
      run: () =>
        reach(() => {
          const opened = window.open("about:blank");
          opened?.close();
          return opened ? "a window" : null;
        }),
    },
  ];
}

/** A perfect hello from wherever this page is, which a frame that was redirected here has no business to say. */
export function helloAttack(limit: number): Attack {
  return {
    id: "hello",
    title: "Say a perfect hello from a frame that was redirected here",
    run: async () => {
      const welcome = await sayHello(window.parent, limit);
      return welcome ? { got: "a port and a welcome", answer: "welcomed" } : { got: null, answer: "no answer" };
    },
  };
}

/** Attacks from a tab of Mallory's own, on the sites themselves. */
export function tabAttacks(targets: { desk: string; trackwell: string }): Attack[] {
  const read = async (url: string): Promise<Outcome> => {
    try {
      const response = await fetch(url, { credentials: "include" });
      return { got: `${response.status} ${(await response.text()).slice(0, 60)}`, answer: "answered" };
    } catch (error) {
      return { got: null, answer: nameOf(error) };
    }
  };
  return [
    {
      id: "desk-api",
      title: "Read Desk's tickets with the agent's cookies",
      run: () => read(`${targets.desk}/api/tickets`),
    },
    { id: "trackwell-api", title: "Read Trackwell's issues", run: () => read(`${targets.trackwell}/api/issues`) },
    {
      id: "hostile-embedder",
      title: "Frame Trackwell's view and wait for its hello",
      run: () => hearHelloOf(`${targets.trackwell}/embed/issue`),
    },
    { id: "frame-desk", title: "Frame Desk and look inside", run: () => hearHelloOf(`${targets.desk}/tickets/T-42`) },
  ];
}

/** What an answer on the port is worth to an attacker. */
function outcome(answer: Answer): Outcome {
  if ("silence" in answer) return { got: null, answer: "no answer" };
  if ("error" in answer) return { got: null, answer: String(answer.error?.data?.code ?? answer.error?.code) };
  return { got: JSON.stringify(answer.result)?.slice(0, 120) ?? "an answer", answer: "answered" };
}

function reach(look: () => unknown): Outcome {
  try {
    const found = look();
    return { got: found === null ? null : String(found), answer: found === null ? "not there" : "read" };
  } catch (error) {
    return { got: null, answer: nameOf(error) };
  }
}

function otherFrames(): string | null {
  const found = [...Array(window.parent.length).keys()].map((index) => `frame ${index}`);
  const names = ["trackwell", "mallory", "issue", "attacks", "linked-issue", "mallory-panel", "partner-panel"];
  for (const name of names) {
    // A name that no frame has is a property of another site's window, and asking for one throws.
    if (reach(() => Reflect.get(window.parent, name)).answer === "read") found.push(name);
  }
  return found.length > 0 ? found.join(", ") : null;
}

/** Where the browser blocks it without a word, the only sign is that this page is still here. */
async function moveTop(): Promise<Outcome> {
  try {
    if (window.top) window.top.location.href = `${location.origin}/?moved`;
  } catch (error) {
    return { got: null, answer: nameOf(error) };
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { got: null, answer: "still here" };
}

function hearHelloOf(url: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.title = "Somebody else's page";
    frame.hidden = true;
    frame.src = url;
    const done = (result: Outcome) => {
      removeEventListener("message", hear);
      clearTimeout(late);
      frame.remove();
      resolve(result);
    };
    const hear = (event: MessageEvent) => {
      if (event.source === frame.contentWindow) done({ got: "a hello", answer: "heard" });
    };
    const late = setTimeout(() => done({ got: null, answer: "refused to be framed" }), 2_000);
    addEventListener("message", hear);
    document.body.append(frame);
  });
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "refused";
}
