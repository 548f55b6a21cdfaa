/** The README's view, run as it stands there; what it says to the console is told to the host's page. */
import { start } from "../../examples/view.js";

console.log = (...said: unknown[]) => parent.postMessage({ said }, "*");
void start([new URL(location.href).searchParams.get("host") ?? ""]);
