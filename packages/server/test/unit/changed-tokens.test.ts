import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLogoutReceiver, memoryReplayStore } from "../../src/index.js";
import { publicKeys } from "../../src/keys.js";
import {
  apiRequest,
  frameKey,
  hashOf,
  host,
  hostKey,
  now,
  partnerIssuer,
  resource,
  setUp,
  sign,
  signAccessToken,
  signAssertion,
  signProof,
  tokenRequest,
} from "../support.js";

const frame = await frameKey();
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** One character of a JWT changed, or left out, or one more put in. */
const change = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom("other", "less", "more"),
  by: fc.integer({ min: 1, max: 63 }),
});

function changedBy(jwt: string, { at, kind, by }: { at: number; kind: string; by: number }): string {
  // Not the last character of a part, whose lowest bits mean nothing in base64url; and not the dots.
  const places = [...jwt].flatMap((character, index) =>
    character === "." || (jwt[index + 1] ?? ".") === "." ? [] : [index],
  );
  const place = places[at % places.length] ?? 0;
  const character = alphabet[(alphabet.indexOf(jwt[place] ?? "A") + by) % 64] ?? "A";
  if (kind === "less") return jwt.slice(0, place) + jwt.slice(place + 1);
  return jwt.slice(0, place) + character + jwt.slice(kind === "more" ? place : place + 1);
}

/** Checks that what is good as it is, is refused with any character changed, and never breaks anything. */
async function refusesEveryChange(make: () => Promise<string>, use: (jwt: string) => Promise<number>): Promise<void> {
  expect([200, 204]).toContain(await use(await make()));
  const jwt = await make();
  await fc.assert(
    fc.asyncProperty(change, async (how) => {
      expect([400, 401]).toContain(await use(changedBy(jwt, how)));
    }),
    { numRuns: 300 },
  );
}

describe("with any character changed, nobody takes", () => {
  it("an assertion", async () => {
    const { assertionGrant } = setUp();
    await refusesEveryChange(
      () => signAssertion(frame),
      async (jwt) => (await assertionGrant.fetch(await tokenRequest(frame, jwt)))?.status ?? 0,
    );
  });

  it("a proof", async () => {
    const { resourceGuard } = setUp();
    const token = await signAccessToken(frame);
    const ath = await hashOf(token);
    await refusesEveryChange(
      () => signProof(frame, { htm: "GET", htu: `${resource}/issues/7`, ath }),
      async (dpop) => {
        const access = await resourceGuard.check(await apiRequest(frame, token, { headers: { dpop } }));
        return access.ok ? 200 : access.response.status;
      },
    );
  });

  it("an access token", async () => {
    const { resourceGuard } = setUp();
    await refusesEveryChange(
      () => signAccessToken(frame),
      async (jwt) => {
        const access = await resourceGuard.check(await apiRequest(frame, jwt));
        return access.ok ? 200 : access.response.status;
      },
    );
  });

  it("a logout token", async () => {
    const ended: unknown[] = [];
    const receiver = createLogoutReceiver({
      issuers: [{ issuer: host, jwks: publicKeys([hostKey]) }],
      audience: partnerIssuer,
      replay: memoryReplayStore(),
      end: (session) => void ended.push(session),
    });
    const event = "http://schemas.openid.net/event/backchannel-logout";
    await refusesEveryChange(
      () =>
        sign(
          {
            iss: host,
            aud: partnerIssuer,
            sid: "session-1",
            jti: crypto.randomUUID(),
            iat: now(),
            exp: now() + 120,
            events: { [event]: {} },
          },
          { typ: "logout+jwt" },
          hostKey,
        ),
      async (logout_token) => {
        const body = new URLSearchParams({ logout_token });
        const request = new Request("https://id.trackwell.example/backchannel-logout", { method: "POST", body });
        return (await receiver.fetch(request))?.status ?? 0;
      },
    );
    expect(ended).toHaveLength(1);
  });
});
