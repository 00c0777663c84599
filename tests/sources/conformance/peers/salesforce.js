// Reads every lead with jsforce, the deleted ones too, and prints them: node salesforce.js BASE TOKEN
const jsforce = require("jsforce");

async function main([base, token]) {
  const connection = new jsforce.Connection({ instanceUrl: base, accessToken: token, version: "62.0" });
  const question = "SELECT Id,IsDeleted,Name,MobilePhone FROM Lead ORDER BY SystemModstamp, Id";
  const options = { autoFetch: true, maxFetch: 100000, scanAll: true, headers: { "Sforce-Query-Options": "batchSize=200" } };
  const { records } = await connection.query(question, options);
  const alive = records.filter((one) => !one.IsDeleted);
  console.log(JSON.stringify(alive.map((one) => [one.Id, one.MobilePhone, one.Name])));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
