/** The same port with the same lack of checks, but JSON text instead of structured clones: what text by itself costs and saves. */
import { hostIn, viewIn } from "./raw.js";

const text = {
  encode: (value: unknown): unknown => JSON.stringify(value),
  decode: (value: unknown): unknown => JSON.parse(String(value)),
};
export const openHost = hostIn(text);
export const openView = viewIn(text);
