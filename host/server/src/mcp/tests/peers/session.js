// A session by the official client: node session.js URL KEY ASSISTANT
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");

const [url, key, assistant] = process.argv.slice(2);

const connected = async (key) => {
  const client = new Client({ name: "peer", version: "1.0.0" });
  const requestInit = { headers: { Authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
};

const session = async () => {
  const client = await connected(key);
  const { tools } = await client.listTools();
  const call = async (name, args) => await client.callTool({ name, arguments: args });
  const does = async (name, args) => {
    const result = await call(name, args);
    if (result.isError) throw new Error(`${name}: ${result.content[0].text}`);
    return result.structuredContent;
  };
  const { id: campaign } = await does("create_campaign", { assistant, name: "Peer" });
  await does("add_leads", { campaign, leads: [{ phone: "+14155552671" }] });
  const { status } = await does("start_campaign", { campaign });
  const { leads } = await does("get_campaign_stats", { campaign });
  const refused = await call("get_campaign", { campaign: "cmp_00000000000000000000000000" });
  await client.ping();
  await client.close();
  const stranger = await connected("cpn_live_nobody").then(() => "let in", (error) => `${error.code} ${error.message}`);
  return { tools: tools.length, status, leads, refused: refused.isError, code: refused.structuredContent.code, stranger };
};

session().then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
