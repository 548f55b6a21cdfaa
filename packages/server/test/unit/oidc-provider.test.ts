import { decodeJwt, decodeProtectedHeader } from "jose";
import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  createLogoutFanout,
  createLogoutReceiver,
  type Endpoint,
  endedSessions,
  memoryReplayStore,
} from "../../src/index.js";
import { publicKeys } from "../../src/keys.js";
import { host, hostKey, partnerIssuer, privateJwk } from "../support.js";

/** A log-out that begins at the host's own provider, which is somebody else's software, and ends at the partner's API. */
describe("a log-out of oidc-provider", () => {
  const providerIssuer = "https://id.desk.example";

  beforeAll(() => {
    // On import it says that it does not know this Node version.
    vi.spyOn(console, "warn").mockImplementation(() => {});
  });

  it("ends the session at the host, and from there at the partner", async () => {
    const { Provider } = await import("oidc-provider");
    const key = await privateJwk("provider-1");
    const replay = memoryReplayStore();
    const { end, isRevoked } = endedSessions(memoryReplayStore());
    const partner = createLogoutReceiver({
      issuers: [{ issuer: host, jwks: publicKeys([hostKey]) }],
      audience: partnerIssuer,
      replay: memoryReplayStore(),
      end,
    });
    const reach = (endpoint: Endpoint) => async (input: string | URL | Request, init?: RequestInit) =>
      (await endpoint.fetch(new Request(input, init))) ?? new Response(null, { status: 404 });
    const fanout = createLogoutFanout<{ sid: string }>({
      publicUrl: host,
      keys: [hostKey],
      partners: { trackwell: { issuer: partnerIssuer, backchannel_logout_uri: `${partnerIssuer}/backchannel-logout` } },
      authenticate: () => undefined,
      end: () => {},
      fetch: reach(partner),
    });
    const ended: unknown[] = [];
    const receiver = createLogoutReceiver({
      issuers: [{ issuer: providerIssuer, jwks: publicKeys([key]) }],
      audience: "desk-web",
      replay,
      end: async (session) => {
        ended.push(session);
        // The host's own session, which it knows by the provider's.
        await fanout.notify({ sid: "session-1" });
      },
    });

    const tokens: string[] = [];
    const provider = new Provider(providerIssuer, {
      jwks: { keys: [key as { kty: string }] },
      features: { backchannelLogout: { enabled: true } },
      clientDefaults: { id_token_signed_response_alg: "ES256" },
      clients: [
        {
          client_id: "desk-web",
          token_endpoint_auth_method: "none",
          redirect_uris: [`${host}/callback`],
          backchannel_logout_uri: `${host}/backchannel-logout`,
          backchannel_logout_session_required: true,
        },
      ],
      fetch: async (url: string | URL | Request, init?: RequestInit) => {
        tokens.push(new URLSearchParams(String(init?.body)).get("logout_token") ?? "");
        return reach(receiver)(url, init);
      },
    });
    const client = (await provider.Client.find("desk-web")) as unknown as {
      backchannelLogout(sub: string, sid: string): Promise<void>;
    };
    expect(await isRevoked({ iss: partnerIssuer, host, sid: "session-1" })).toBe(false);
    await client.backchannelLogout("ada", "of-provider");

    expect(tokens).toHaveLength(1);
    expect(decodeProtectedHeader(tokens[0] ?? "").typ).toBe("logout+jwt");
    expect(decodeJwt(tokens[0] ?? "").aud).toBe("desk-web");
    expect(ended).toEqual([{ issuer: providerIssuer, sid: "of-provider", sub: "ada" }]);
    expect(await isRevoked({ iss: partnerIssuer, host, sid: "session-1" })).toBe(true);
  });
});
