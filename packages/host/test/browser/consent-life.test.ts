import { type ConsentStore, signOut, storageConsentStore } from "@partner-panel/host";
import { expect, test, vi } from "vitest";
import { answer, dialogOf, opened } from "./consent-support.js";
import { addPanel, next, pause, viewCalls } from "./support.js";

const required = (id: string) => ({ required: "", id: `localhost.partner.${id}` });

test("with no user a yes lasts through reload() and moving the panel, and nobody has it after a sign-out", async () => {
  const config = { query: required("nobody-stays"), user: () => null };
  const panel = addPanel({}, config);
  await answer(panel, "allow");
  await panel.ready;
  panel.reload();
  await panel.ready;
  const box = document.createElement("div");
  document.body.append(box);
  const ready = next(panel, "partner-ready");
  box.append(panel);
  await ready;
  expect(dialogOf(panel)).toBe(null);
  expect(panel.grant).toEqual([{ scope: "ticket:read" }]);
  signOut();
  panel.remove();
  await opened(addPanel({}, config));
});

test("what was taken back stays so through reload(), though the store has not done it, or cannot", async () => {
  const local = storageConsentStore();
  let isBroken = false;
  const done: (() => void)[] = [];
  const store: ConsentStore = {
    list: (subject) => local.list(subject),
    add: (records) => local.add(records),
    remove: async (subject, scopes) => {
      await new Promise<void>((resolve) => done.push(resolve));
      if (isBroken) throw new Error("away");
      local.remove(subject, scopes);
    },
  };
  const user = () => "ada";
  const panel = addPanel({}, { query: required("slow"), user, consent: store });
  await answer(panel, "allow");
  await panel.ready;
  for (const breaks of [true, false]) {
    const revoked = panel.revokeScopes();
    isBroken = breaks;
    panel.reload();
    await opened(panel);
    for (const run of done.splice(0)) run();
    await revoked;
    panel.reload();
    await opened(panel);
    expect(panel.grant).toEqual([]);
    await answer(panel, "allow");
    await panel.ready;
    expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toHaveProperty("result");
  }
});

test("a panel that goes before the code that asks is there asks nobody, in the page's own way neither", async () => {
  // Through it Vitest has dynamic imports go.
  type Load = () => Promise<unknown>;
  const runner = Reflect.get(globalThis, "__vitest_browser_runner__") as { wrapDynamicImport(load: Load): unknown };
  const { wrapDynamicImport } = runner;
  const asked: string[] = [];
  let come = () => {};
  const isWanted = new Promise<void>((wanted) => {
    const mayCome = new Promise<void>((resolve) => {
      come = resolve;
    });
    vi.spyOn(runner, "wrapDynamicImport").mockImplementation((load) => {
      if (!`${load}`.includes("ask-user")) return wrapDynamicImport.call(runner, load);
      wanted();
      return mayCome.then(load);
    });
  });
  const panel = addPanel({}, { query: required("gone") });
  panel.addEventListener("partner-consentrequest", ({ type }) => asked.push(type));
  await isWanted;
  panel.remove();
  come();
  await pause(100);
  expect(asked).toEqual([]);
  vi.restoreAllMocks();
});

test("what policy leaves out while the dialog is up is told as the policy's", async () => {
  let scopes = [{ scope: "ticket:read" }];
  const policy = { trackwell: () => ({ scopes }) };
  const panel = addPanel({}, { query: required("narrowed"), policy });
  await opened(panel);
  scopes = [];
  const failed = next(panel, "partner-error");
  await answer(panel, "allow");
  const { code, message } = await failed;
  expect({ code, message }).toEqual({
    code: "SURFACE_NOT_GRANTED",
    message: "The host's policy leaves out ticket:read, which the view cannot do without",
  });
});
