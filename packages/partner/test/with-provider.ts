import type { OpenOptions } from "../src/open-panel.js";
import type { providerEnds } from "./provider.js";
import { viewFetch } from "./servers.js";
import { eventually, hostAndView, manualClock } from "./support.js";

/** A view whose host signs in by `mode`, with the real provider and back ends behind both. */
export async function connectedWith(
  ends: Awaited<ReturnType<typeof providerEnds>>,
  {
    signIn,
    auth = ends.auth,
    signInPages = {},
    words = {},
    page = {},
  }: {
    signIn: Record<string, unknown>;
    auth?: object;
    signInPages?: object;
    words?: Parameters<typeof hostAndView>[0] extends infer S
      ? Exclude<S, undefined> extends { words?: infer W }
        ? W
        : never
      : never;
    page?: Parameters<ReturnType<typeof hostAndView>["connect"]>[1];
  },
) {
  const clock = manualClock();
  const audit: unknown[] = [];
  const asked: string[] = [];
  const pair = hostAndView({
    welcome: { signIn },
    words: {
      "panel.assertion": async (question, call) => {
        asked.push("assertion");
        const response = await ends.assertion(question);
        if (response.ok) return (await response.json()) as { assertion: string };
        throw call.fail(response.status === 401 ? "SIGN_IN_REQUIRED" : "ASSERTION_REFUSED", { message: "no" });
      },
      "panel.exchange": async (question, call) => {
        asked.push("exchange");
        const response = await ends.exchange(question);
        const nonce = response.headers.get("dpop-nonce") ?? undefined;
        const body = (await response.json()) as { access_token: string; token_type: string; error?: string };
        if (response.ok) return { ...body, nonce };
        if (body.error === "use_dpop_nonce") throw call.fail("USE_DPOP_NONCE", { message: "no", data: { nonce } });
        throw call.fail(response.status === 401 ? "SIGN_IN_REQUIRED" : "TOKEN_REFUSED", { message: "no" });
      },
      ...words,
    },
  });
  const connecting = pair.connect(
    { auth: auth as OpenOptions<never>["auth"], signInPages, clock, onAudit: (event) => audit.push(event) },
    { fetch: viewFetch, origin: new URL(ends.callback).origin, isHidden: () => true, ...page },
  );
  pair.host.remote.panel.opened({});
  const panel = await connecting;
  return {
    ...pair,
    panel,
    clock,
    audit,
    asked,
    get: async (path = "/issues/42") => (await panel.fetch(path)).json() as Promise<Record<string, unknown>>,
    states: () => pair.signIn.map(({ state }) => state),
    reported: (report: object) => eventually(() => expectLast(pair.signIn, report)),
  };
}

function expectLast(reports: readonly object[], wanted: object): void {
  const last = { ...reports.at(-1) } as Record<string, unknown>;
  for (const [name, value] of Object.entries(wanted)) {
    if (last[name] !== value) throw new Error(`${name} is ${String(last[name])} in ${JSON.stringify(reports)}`);
  }
}
