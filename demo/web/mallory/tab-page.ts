import { loadConfig } from "../shared/http.js";
import { tabAttacks } from "./attacks.js";
import { ledger } from "./ledger.js";

const book = ledger();
book.heading = "Mallory in a tab of its own";
book.attacks = tabAttacks(await loadConfig<{ desk: string; trackwell: string }>());
await book.run();
