import { describe, expect, it } from "vitest";
import { PanelEvents } from "./panel-events.js";

describe("PanelEvents", () => {
  it("tells those who listen for that name, in their order, and gives what each answers", async () => {
    const events = new PanelEvents();
    const heard: unknown[] = [];
    events.on("navigate", (event) => void heard.push(["first", event]));
    events.on("navigate", async () => false);
    events.on("focus", ({ edge }) => void heard.push(edge));
    const answers = events.tell("navigate", { path: "/7", replace: true });
    expect(heard).toEqual([["first", { path: "/7", replace: true }]]);
    expect(await Promise.all(answers)).toEqual([undefined, false]);
    expect(events.tell("beforeclose", { reason: "user" })).toEqual([]);
  });

  it("takes a listener back once for each time it was given", () => {
    const events = new PanelEvents();
    let calls = 0;
    const listener = () => {
      calls += 1;
    };
    const stop = events.on("suspend", listener);
    events.on("suspend", listener);
    stop();
    stop();
    void events.tell("suspend", {});
    expect(calls).toBe(1);
    events.end();
    void events.tell("suspend", {});
    expect(calls).toBe(1);
  });

  it("lets no listener's error stop another, nor reach whoever tells", async () => {
    const events = new PanelEvents();
    events.on("beforeclose", () => {
      throw new Error("mine");
    });
    events.on("beforeclose", () => true);
    const answers = await Promise.allSettled(events.tell("beforeclose", { reason: "user" }));
    expect(answers).toMatchObject([{ status: "rejected" }, { status: "fulfilled", value: true }]);
  });
});
