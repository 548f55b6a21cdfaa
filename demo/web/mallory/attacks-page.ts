import { portAttacks, windowAttacks } from "./attacks.js";
import { ledger, type MalloryLedger } from "./ledger.js";
import { sayHello, Wire } from "./wire.js";

const book = ledger();
book.heading = "Mallory in a panel of its own";
await open(book);

async function open(book: MalloryLedger): Promise<void> {
  if (window.parent === window) {
    book.note = "This page attacks from inside a panel. Open it in Fernhill Desk, under “Mallory”.";
    return book.run();
  }
  const welcome = await sayHello(window.parent, 8_000);
  if (!welcome) {
    book.note = "Nobody answered: there is no port to attack over.";
    book.attacks = windowAttacks();
    return book.run();
  }
  const wire = new Wire(welcome.port);
  await wire.hears("panel.opened");
  // Mallory looks like any partner: it reports its height and that it is ready.
  const sizes = new ResizeObserver(() => wire.notify("panel.size", { height: document.documentElement.offsetHeight }));
  sizes.observe(document.documentElement);
  book.attacks = [...portAttacks(wire, mayRead(welcome.said["grant"])), ...windowAttacks()];
  wire.notify("panel.ready", {});
  book.note = `It was given a port, as any partner is, and this grant: ${JSON.stringify(welcome.said["grant"])}`;
  showButtons(book, wire);
  await book.run();
}

/** Two more, at the press of a button: what they do changes the page around them. */
function showButtons(book: MalloryLedger, wire: Wire): void {
  const beg = button("beg", "Beg for both scopes", async () => {
    // The agent's own answer decides; and even after a yes it is T-42 alone, and never ticket:write.
    const answer = await wire.call("panel.scopes.request", { scopes: ["ticket:read", "ticket:write"] });
    const result = "result" in answer ? (answer.result as { granted?: unknown }) : {};
    book.note = `The host answered: ${JSON.stringify("result" in answer ? result : answer)}`;
    book.attacks = [...portAttacks(wire, mayRead(result.granted)), ...windowAttacks()];
    await book.run();
  });
  const clone = button("post-clone", "Post a structured clone (ends this panel)", () => {
    const map = new Map(Array.from({ length: 1_000 }, (_, index) => [index, { index }]));
    wire.port.postMessage(map);
  });
  document.querySelector("#more")?.append(beg, clone);
}

/** Whether a grant, or an answer to begging, holds the one scope that an agent can give Mallory. */
function mayRead(granted: unknown): boolean {
  return JSON.stringify(granted ?? []).includes('"ticket:read"');
}

function button(id: string, words: string, press: () => unknown): HTMLButtonElement {
  const made = document.createElement("button");
  made.id = id;
  made.textContent = words;
  made.addEventListener("click", press);
  return made;
}
