import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as v from "valibot";

/** A refusal as both products' APIs say it: a stable code, and a sentence for people. */
export function refuse(context: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return context.json({ code, message }, status);
}

/** The body as `schema` has it; undefined if it is not JSON, or not that. */
export async function readBody<Schema extends v.GenericSchema>(
  context: Context,
  schema: Schema,
): Promise<v.InferOutput<Schema> | undefined> {
  const body: unknown = await context.req.json().catch(() => undefined);
  const parsed = v.safeParse(schema, body);
  return parsed.success ? parsed.output : undefined;
}
