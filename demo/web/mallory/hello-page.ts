import { helloAttack, windowAttacks } from "./attacks.js";
import { ledger } from "./ledger.js";

const book = ledger();
book.heading = "Mallory, where a frame was redirected";
if (window.parent === window) {
  book.note = "This page expects to be where somebody's frame was sent. Open T-42 in Fernhill Desk with ?qa=redirect.";
} else {
  book.attacks = [helloAttack(5_000), ...windowAttacks()];
}
await book.run();
