import { defineContract, implement, method, notification } from "@partner-panel/postmessage-rpc";
import * as v from "valibot";
import { connect } from "../../../src/connect.js";
import type { Panel } from "../../../src/panel.js";

/**
 * A view that does by the SDK what the host's tests tell it: they frame this page on another site, and know it by these words alone. In the
 * query: `listen`, the events that it answers, and `answer`, what it answers them.
 */
const query = new URLSearchParams(location.search);
const heard: unknown[] = [];
const loadedAt = performance.timeOrigin;

document.documentElement.lang = "en";
document.body.innerHTML = `
  <a id="first" href="#first">First</a>
  <input id="field" aria-label="Field">
  <button id="press" style="position: absolute; left: 220px; top: 4px; width: 80px; height: 24px">Press</button>
  <div style="height: ${query.get("height") ?? "60"}px"></div>
  <button id="last">Last</button>`;

const control = defineContract({
  "act.do": method({
    scope: null,
    params: v.object({ what: v.string(), with: v.optional(v.array(v.unknown())) }),
    result: v.object({
      result: v.optional(v.unknown()),
      code: v.optional(v.string()),
      message: v.optional(v.string()),
    }),
  }),
  /** What the view does when its button is pressed next. */
  "act.onPress": notification({
    scope: null,
    params: v.object({ what: v.string(), with: v.optional(v.array(v.unknown())) }),
  }),
  "act.seen": method({
    scope: null,
    result: v.object({
      heard: v.array(v.unknown()),
      loadedAt: v.number(),
      focus: v.string(),
      hasFocus: v.boolean(),
      /** How far from the left the pointer was last. */
      pointer: v.number(),
      display: v.string(),
      typed: v.string(),
      history: v.number(),
      path: v.string(),
      height: v.number(),
      width: v.number(),
    }),
  }),
});

type Order = { what: string; with?: unknown[] | undefined };

interface Answer {
  result?: unknown;
  code?: string;
  message?: string;
}

async function act({ what, with: given = [] }: Order): Promise<Answer> {
  const path = what.split(".");
  const name = path.pop() ?? "";
  const target = path.reduce<unknown>((at, segment) => Reflect.get(at as object, segment), { panel, history, window });
  try {
    const result = await (Reflect.get(target as object, name) as (...all: unknown[]) => unknown).apply(target, given);
    return { result };
  } catch (error) {
    return { code: String(Reflect.get(error as object, "code")), message: (error as Error).message };
  }
}

let order: Order | null = null;
const field = document.querySelector<HTMLInputElement>("#field");
document.querySelector("#press")?.addEventListener("click", () => {
  if (order !== null) void act(order).then((answer) => heard.push({ pressed: answer }));
  order = null;
});

let pointer = -1;
addEventListener("mousemove", ({ clientX }) => {
  pointer = clientX;
});

const panel: Panel = await connect({
  hosts: [`http://localhost:${location.port}`],
  auth: false,
  size: !query.has("fixed"),
  provide: implement(control, {
    "act.do": act,
    "act.onPress": (given) => {
      order = given;
    },
    "act.seen": () => ({
      heard,
      loadedAt,
      focus: document.activeElement?.id ?? "",
      hasFocus: document.hasFocus(),
      pointer,
      display: panel.ui.display,
      typed: field?.value ?? "",
      history: history.length,
      path: location.pathname + location.search + location.hash,
      height: innerHeight,
      width: innerWidth,
    }),
  }),
});
panel.ui.onDisplay((mode) => heard.push({ display: mode }));
for (const name of (query.get("listen") ?? "").split(",").filter(Boolean)) {
  panel.on(name as "navigate", async (event) => {
    heard.push({ [name]: event });
    const wait = query.get("wait");
    if (wait === "forever") await new Promise(() => {});
    return query.has("answer") ? (JSON.parse(query.get("answer") ?? "") as unknown) : undefined;
  });
}
panel.ready();
