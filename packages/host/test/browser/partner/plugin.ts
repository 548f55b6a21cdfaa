import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * A partner for the element tests: answers on the test server itself, under another name (`partner.localhost`, `other.localhost`),
 * which makes it another site to the browser. What goes wrong is chosen by the query of the manifest and of the view.
 */
export function partnerPlugin() {
  return {
    name: "partner-of-the-element-tests",
    configureServer(server: { middlewares: { use(handler: Handler): unknown } }) {
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
        if (url.pathname === "/partner/manifest.json") return void sendManifest(url, response);
        if (/^\/partner\/(view|mute|deaf|raw)$/.test(url.pathname)) return sendView(url, response);
        if (url.pathname === "/partner/redirect") {
          response.writeHead(302, { location: `http://other.localhost:${url.port}/partner/view` }).end();
          return;
        }
        // Never answered: it ends when the frame goes.
        if (url.pathname === "/partner/endless") return;
        if (url.pathname === "/partner/roaming") return sendRoaming(url, response);
        if (url.pathname === "/partner/assertion") return void sendAssertion(request, response);
        if (url.pathname.startsWith("/provider/")) return sendProvider(url, request, response);
        next();
      });
    },
  };
}

/** A text that wants to be markup and to be read backwards, as long as it may be, as shown: the bidi override takes 8 characters. */
function longest(number: number, limit: number): string {
  const start = `${number}<img src=x onerror="document.title='owned'">\u202Egnp.`;
  return start.padEnd(limit - "[U+202E]".length + 1, "W");
}

/** As many scopes as a manifest can have, each with texts of that kind. */
const longestScopes = () =>
  Object.fromEntries(
    Array.from({ length: 64 }, (_, index) => [
      `thing${index}:do`,
      { title: longest(index, 80), reason: longest(index, 240) },
    ]),
  );

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

let fetched = 0;

async function sendManifest(url: URL, response: ServerResponse): Promise<void> {
  fetched += 1;
  const { origin, searchParams: query } = url;
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-expose-headers", "x-fetched");
  response.setHeader("x-fetched", String(fetched));
  if (query.has("redirect")) {
    const to = new URL(url);
    to.searchParams.delete("redirect");
    return void response.writeHead(302, { location: to.href }).end();
  }
  if (query.has("status")) return void response.writeHead(Number(query.get("status"))).end();
  if (query.has("slow")) await new Promise((resolve) => response.once("close", resolve));
  // So many milliseconds later.
  if (query.has("late")) await new Promise((resolve) => setTimeout(resolve, Number(query.get("late"))));
  const manifest: Record<string, unknown> = {
    manifest_version: 1,
    id: query.get("id") ?? "localhost.partner.issues",
    version: "1.0.0",
    name: query.get("name") ?? "Trackwell Issues",
    origin,
    protocol: "^1.0.0",
    scopes: {
      ...(query.has("required")
        ? { "ticket:read": { title: "See the open ticket", reason: "To show the issues linked to it" } }
        : {}),
      "ticket:write": { title: "Change the open ticket", optional: true },
    },
    permissions: { forms: {}, "clipboard-write": {} },
    ...(query.has("auth")
      ? { auth: { issuer: `${origin}/id`, client_id: "panel", resource: `${origin}/api`, scopes: ["issues:read"] } }
      : {}),
    surfaces: {
      link: { entry: "/partner/page" },
      panel: {
        views: {
          issue: { entry: `/partner/view${query.get("entry") ?? ""}`, title: "Linked issue", minHeight: 200 },
          redirected: { entry: "/partner/redirect" },
          mute: { entry: "/partner/mute" },
          deaf: { entry: "/partner/deaf" },
          endless: { entry: "/partner/endless" },
        },
      },
    },
    ...(query.has("fault") ? { unknown_key: 1 } : {}),
    ...(query.has("longest") ? { name: longest(0, 80), scopes: longestScopes() } : {}),
    // What a test wants otherwise, as JSON.
    ...(JSON.parse(query.get("with") ?? "{}") as object),
  };
  response.writeHead(200, { "content-type": "application/json" });
  const text = JSON.stringify(manifest);
  // In pieces and with no content-length, up to so many bytes.
  const bytes = Number(query.get("bytes") ?? text.length);
  response.write(text);
  for (let sent = text.length; sent < bytes; sent += 1_024) response.write(" ".repeat(Math.min(1_024, bytes - sent)));
  response.end();
}

function sendView(url: URL, response: ServerResponse): void {
  const name = url.pathname.split("/").pop();
  const script = name === "mute" ? "" : `/packages/host/test/browser/partner/${name}.ts`;
  response.writeHead(200, { "content-type": "text/html" }).end(
    `<!doctype html><html lang="en"><title>View</title><body><main>The view</main>
     <button id="press">Press</button>
     ${script && `<script type="module" src="${script}"></script>`}`,
  );
}

/** Says which features it has, goes to another site, and says so again. */
function sendRoaming(url: URL, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" }).end(
    `<!doctype html><html lang="en"><title>Roaming</title><script>
      const camera = document.featurePolicy.allowsFeature("camera");
      parent.postMessage({ at: location.hostname, camera }, "*");
      if (location.search === "") location.href = "http://other.localhost:${url.port}/partner/roaming?there";
    </script>`,
  );
}

/** The host's back end, as far as a panel is concerned: it says back what it was asked. */
async function sendAssertion(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  if (request.headers.authorization === undefined) {
    response.writeHead(401, { "content-type": "application/json" }).end('{"error":"login_required"}');
    return;
  }
  const assertion = Buffer.from(body).toString("base64url");
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ assertion }));
}

let codesSeen = 0;

/** As much of an OpenID provider as a response of another issuer gets to see: its metadata, and who brings it a code. */
function sendProvider(url: URL, request: IncomingMessage, response: ServerResponse): void {
  const issuer = `${url.origin}/provider`;
  // A proof of DPoP comes with a token exchange alone.
  if (request.method === "OPTIONS" || request.headers["dpop"] !== undefined)
    return void sendExchange(url, request, response);
  if (url.pathname === "/provider/token") codesSeen += 1;
  const answer =
    url.pathname === "/provider/token"
      ? { error: "invalid_grant" }
      : url.pathname === "/provider/codes"
        ? { codesSeen }
        : {
            issuer,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            jwks_uri: `${issuer}/jwks`,
            authorization_response_iss_parameter_supported: true,
          };
  response.writeHead("error" in answer ? 400 : 200, {
    "content-type": "application/json",
    "access-control-allow-origin": "*",
  });
  response.end(JSON.stringify(answer));
}

/**
 * A token exchange for a page of another origin, which is told what it came with. A proof that is not called after the nonce is refused for
 * want of that; `?hidden` forgets to let the page read it.
 */
async function sendExchange(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("access-control-allow-origin", request.headers.origin ?? "");
  if (request.method === "OPTIONS") {
    response.writeHead(204, { "access-control-allow-headers": "dpop", "access-control-allow-methods": "POST" }).end();
    return;
  }
  let body = "";
  for await (const chunk of request) body += String(chunk);
  if (!url.searchParams.has("hidden")) response.setHeader("access-control-expose-headers", "dpop-nonce");
  response.setHeader("dpop-nonce", "n-1");
  const isGood = request.headers["dpop"] === "a.n-1.c";
  const { cookie = null } = request.headers;
  const answer = isGood
    ? { access_token: JSON.stringify({ ...Object.fromEntries(new URLSearchParams(body)), cookie }), token_type: "DPoP" }
    : { error: "use_dpop_nonce" };
  response.writeHead(isGood ? 200 : 400, { "content-type": "application/json" }).end(JSON.stringify(answer));
}
