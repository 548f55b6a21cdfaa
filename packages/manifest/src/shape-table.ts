import type { Shape } from "./shape.js";

/** The schema as the checks need it. Written by `npm run schema` from schema.ts. */
export const table: Shape = {
  kind: "object",
  of: {
    $schema: { kind: "string", optional: true },
    manifest_version: { kind: "choice", of: [1] },
    id: {
      kind: "string",
      max: 128,
      pattern: /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+$/,
      code: "ID_INVALID",
    },
    version: {
      kind: "string",
      max: 64,
      pattern:
        /^(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/,
      code: "VERSION_INVALID",
    },
    name: {
      kind: "text",
      max: 80,
      tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
    },
    origin: { kind: "string", max: 2048, rule: "origin" },
    icons: {
      kind: "list",
      of: {
        kind: "object",
        of: {
          src: { kind: "string", max: 2048, rule: "entry" },
          sizes: {
            kind: "string",
            max: 64,
            pattern: /^(?:any|[1-9][0-9]{0,4}x[1-9][0-9]{0,4}(?: [1-9][0-9]{0,4}x[1-9][0-9]{0,4})*)$/,
            code: "ICON_SIZES",
            optional: true,
          },
          type: { kind: "string", max: 64, pattern: /^image\/[a-z0-9.+-]+$/, code: "ICON_TYPE", optional: true },
          purpose: {
            kind: "string",
            max: 64,
            pattern: /^(?:any|monochrome|maskable)(?: (?:any|monochrome|maskable))*$/,
            code: "ICON_PURPOSE",
            optional: true,
          },
        },
        code: "UNKNOWN_KEY",
      },
      optional: true,
    },
    protocol: {
      kind: "string",
      max: 64,
      pattern: /^\^(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)$/,
      code: "PROTOCOL_INVALID",
    },
    scopes: {
      kind: "map",
      keys: { kind: "string", max: 64, pattern: /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/, code: "SCOPE_INVALID" },
      of: {
        kind: "object",
        of: {
          title: {
            kind: "text",
            max: 80,
            tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
          },
          reason: {
            kind: "text",
            max: 240,
            tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
            optional: true,
          },
          optional: { kind: "boolean", optional: true },
        },
        code: "UNKNOWN_KEY",
      },
      default: {},
    },
    permissions: {
      kind: "object",
      of: {
        forms: {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        downloads: {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        popups: {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        "clipboard-write": {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        "clipboard-read": {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        camera: {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        microphone: {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        geolocation: {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        fullscreen: {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        payment: {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        "publickey-credentials-get": {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        "identity-credentials-get": {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        "storage-access": {
          kind: "object",
          of: {
            reason: {
              kind: "text",
              max: 240,
              tag: { kind: "string", max: 64, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, code: "LANGUAGE_TAG" },
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
      },
      code: "UNKNOWN_PERMISSION",
      default: {},
    },
    auth: {
      kind: "object",
      of: {
        issuer: { kind: "string", max: 2048, rule: "issuer" },
        client_id: { kind: "string", max: 256, pattern: /^[ -~]+$/, code: "CLIENT_ID_INVALID" },
        resource: { kind: "string", max: 2048, rule: "resource" },
        modes: {
          kind: "list",
          of: { kind: "choice", of: ["assertion", "exchange", "code"] },
          min: 1,
          code: "DUPLICATE",
          default: ["assertion"],
        },
        scopes: {
          kind: "list",
          of: { kind: "string", max: 256, pattern: /^[!#-)+-[\]-~]+$/, code: "SCOPE_INVALID" },
          code: "SCOPE_DUPLICATE",
          optional: true,
        },
      },
      code: "UNKNOWN_KEY",
      optional: true,
    },
    csp: {
      kind: "object",
      of: {
        connectDomains: {
          kind: "list",
          of: { kind: "string", max: 2048, rule: "reach" },
          code: "DUPLICATE",
          optional: true,
        },
        resourceDomains: {
          kind: "list",
          of: { kind: "string", max: 2048, rule: "origin" },
          code: "DUPLICATE",
          optional: true,
        },
        frameDomains: {
          kind: "list",
          of: { kind: "string", max: 2048, rule: "origin" },
          code: "DUPLICATE",
          optional: true,
        },
        baseUriDomains: {
          kind: "list",
          of: { kind: "string", max: 2048, rule: "origin" },
          code: "DUPLICATE",
          optional: true,
        },
      },
      code: "UNKNOWN_KEY",
      optional: true,
    },
    surfaces: {
      kind: "object",
      of: {
        link: { kind: "object", of: { entry: { kind: "string", max: 2048, rule: "entry" } }, code: "UNKNOWN_KEY" },
        icon: {
          kind: "object",
          of: {
            scopes: {
              kind: "list",
              of: {
                kind: "string",
                max: 64,
                pattern: /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/,
                code: "SCOPE_INVALID",
                rule: "declared",
              },
              code: "SCOPE_DUPLICATE",
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        unfurl: {
          kind: "object",
          of: {
            scopes: {
              kind: "list",
              of: {
                kind: "string",
                max: 64,
                pattern: /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/,
                code: "SCOPE_INVALID",
                rule: "declared",
              },
              code: "SCOPE_DUPLICATE",
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        data: {
          kind: "object",
          of: {
            scopes: {
              kind: "list",
              of: {
                kind: "string",
                max: 64,
                pattern: /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/,
                code: "SCOPE_INVALID",
                rule: "declared",
              },
              code: "SCOPE_DUPLICATE",
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        record: {
          kind: "object",
          of: {
            scopes: {
              kind: "list",
              of: {
                kind: "string",
                max: 64,
                pattern: /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/,
                code: "SCOPE_INVALID",
                rule: "declared",
              },
              code: "SCOPE_DUPLICATE",
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        panel: {
          kind: "object",
          of: {
            views: {
              kind: "map",
              keys: { kind: "string", max: 64, pattern: /^[A-Za-z][A-Za-z0-9_-]*$/, code: "VIEW_NAME" },
              of: {
                kind: "object",
                of: {
                  entry: { kind: "string", max: 2048, rule: "entry" },
                  title: {
                    kind: "text",
                    max: 80,
                    tag: {
                      kind: "string",
                      max: 64,
                      pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/,
                      code: "LANGUAGE_TAG",
                    },
                    optional: true,
                  },
                  display: {
                    kind: "list",
                    of: { kind: "choice", of: ["inline", "dialog", "fullscreen"] },
                    code: "DUPLICATE",
                    optional: true,
                  },
                  minHeight: { kind: "number", min: 0, max: 10000, optional: true },
                  scopes: {
                    kind: "list",
                    of: {
                      kind: "string",
                      max: 64,
                      pattern: /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/,
                      code: "SCOPE_INVALID",
                      rule: "declared",
                    },
                    code: "SCOPE_DUPLICATE",
                    optional: true,
                  },
                  token: { kind: "boolean", rule: "token", optional: true },
                },
                code: "UNKNOWN_KEY",
              },
              code: "VIEWS_EMPTY",
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        platform: {
          kind: "object",
          of: {
            scopes: {
              kind: "list",
              of: {
                kind: "string",
                max: 64,
                pattern: /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/,
                code: "SCOPE_INVALID",
                rule: "declared",
              },
              code: "SCOPE_DUPLICATE",
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
        bundle: {
          kind: "object",
          of: {
            scopes: {
              kind: "list",
              of: {
                kind: "string",
                max: 64,
                pattern: /^[a-z][a-z0-9._-]*:[a-z][a-z0-9._-]*$/,
                code: "SCOPE_INVALID",
                rule: "declared",
              },
              code: "SCOPE_DUPLICATE",
              optional: true,
            },
          },
          code: "UNKNOWN_KEY",
          optional: true,
        },
      },
      code: "UNKNOWN_SURFACE",
    },
  },
  code: "UNKNOWN_KEY",
};
