// Reads every record of a table with Airtable's own client and prints them: node airtable.js BASE TOKEN
const Airtable = require("airtable");

async function main([base, token]) {
  const table = new Airtable({ apiKey: token, endpointUrl: base, noRetryIfRateLimited: true }).base("appHb4rD1tbl3x0").table("People & pets");
  const fields = ["First name", "Last name", "Phone"];
  const records = await table.select({ view: "Callable", fields, pageSize: 50 }).all();
  const name = (one) => `${one.get("First name")} ${one.get("Last name")}`;
  // The view keeps those who do not want to be called, too.
  const silent = await table.select({ view: "Callable", fields: ["Never call"] }).all();
  const callable = new Set(silent.filter((one) => !one.get("Never call")).map((one) => one.id));
  console.log(JSON.stringify(records.filter((one) => callable.has(one.id)).map((one) => [one.id, one.get("Phone"), name(one)])));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
