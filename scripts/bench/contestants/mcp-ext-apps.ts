/** MCP Apps: tool calls and, for items, log notifications, which have no answer. It carries JSON alone, so no buffer. */
import { App, PostMessageTransport } from "@modelcontextprotocol/ext-apps";
import { AppBridge } from "@modelcontextprotocol/ext-apps/app-bridge";
import { itemText, type OpenHost, type OpenView, type Small, type Ticket } from "../bridge.js";

export const openHost: OpenHost = (frame, _origin, service) => {
  const bridge = new AppBridge(null, { name: "host", version: "1.0.0" }, { serverTools: {}, logging: {} });
  bridge.oncalltool = async ({ arguments: given = {} }) => ({ content: [], structuredContent: given });
  bridge.onloggingmessage = ({ data }) => service.take(data as Small);
  if (!frame.contentWindow) throw new Error("The frame is not in the document");
  void bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
};

export const openView: OpenView = async () => {
  const app = new App({ name: "view", version: "1.0.0" }, {}, { autoResize: false });
  await app.connect(new PostMessageTransport(window.parent, window.parent));
  const call = async (given: Record<string, unknown>): Promise<Record<string, unknown>> =>
    (await app.callServerTool({ name: "echo", arguments: given })).structuredContent as Record<string, unknown>;
  return {
    call: async (value) => (await call({ ...value })) as unknown as Small,
    echo: async (tickets) => (await call({ tickets }))["tickets"] as Ticket[],
    buffer: null,
    items: async (count) => {
      const sent: Promise<void>[] = [];
      for (let n = 0; n < count; n++) sent.push(app.sendLog({ level: "info", data: { n, text: itemText } }));
      await Promise.all(sent);
      // Messages between two windows arrive in order, so the answer to a call means that the host had them all.
      await call({});
    },
  };
};
