import { createServer } from "node:http";
import express from "express";
import { Hono } from "hono";
import { assertions } from "./host.js";
import { grant } from "./partner.js";

export function hono() {
  const app = new Hono();
  // #region hono
  app.use(async (c, next) => (await assertions.fetch(c.req.raw)) ?? next());
  // #endregion
  return app;
}

// #region imports
import { toNodeHandler } from "@partner-panel/server";
// #endregion

export function withExpress() {
  const app = express();
  // #region express
  app.use(express.json()); // before or after, as you like
  app.use(toNodeHandler(assertions));
  // #endregion
  return createServer(app);
}

export function bare() {
  // #region node
  const handle = toNodeHandler(grant, { onError: console.error });
  const server = createServer((request, response) => handle(request, response));
  // #endregion
  return server;
}
