import { exchangeAt } from "@partner-panel/host";
import { expect, test } from "vitest";

const endpoint = `http://provider.localhost:${location.port}/provider/token`;

const exchangeWith = (proof: string, tokenEndpoint = endpoint) =>
  exchangeAt({
    tokenEndpoint,
    clientId: "desk-web",
    subjectToken: () => "ada's own",
    resource: "https://api.trackwell.example",
  }).exchange({ partner: "trackwell", proof, scope: "issues:read", signal: AbortSignal.timeout(10_000) });

test("a page that is a public client exchanges at a provider of another origin, without its cookies there", async () => {
  const { access_token, token_type, nonce } = await exchangeWith("a.n-1.c");
  expect({ token_type, nonce }).toEqual({ token_type: "DPoP", nonce: "n-1" });
  expect(JSON.parse(access_token)).toMatchObject({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    client_id: "desk-web",
    subject_token: "ada's own",
    scope: "issues:read",
    resource: "https://api.trackwell.example",
    cookie: null,
  });
});

test("the nonce that the provider wants can be read, and the next proof has it", async () => {
  const refusal: unknown = await exchangeWith("a.b.c").catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "USE_DPOP_NONCE", nonce: "n-1" });
  expect(await exchangeWith(`a.${(refusal as { nonce: string }).nonce}.c`)).toMatchObject({ token_type: "DPoP" });
});

test("a provider that lets no page read its nonce is a refusal, not a question without end", async () => {
  await expect(exchangeWith("a.b.c", `${endpoint}?hidden`)).rejects.toMatchObject({ code: "TOKEN_REFUSED" });
});
