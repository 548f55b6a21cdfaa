import { openSession } from "../../src/index.js";
import { desk } from "../behaviour/contract.js";
import { provider } from "../behaviour/provider.js";
import { behaviourSuite } from "../behaviour/suite.js";

behaviourSuite("two ends of one MessageChannel", async (grant, options = {}) => {
  const { port1, port2 } = new MessageChannel();
  const { seen, implementation } = provider();
  const provided = openSession(port2, { provide: implementation, grant, ...options });
  const session = openSession(port1, { use: desk, ...options });
  return {
    session,
    updateGrant: (next) => provided.updateGrant(next),
    seen: () => seen,
    close: (reason) => provided.close(reason),
    dispose: () => {
      provided.close();
      session.close();
    },
  };
});
