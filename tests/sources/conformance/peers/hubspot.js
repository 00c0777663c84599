// Reads every contact with HubSpot's own client, first from the list and then from the search, and prints them: node hubspot.js BASE TOKEN
const { Client } = require("@hubspot/api-client");

const PROPERTIES = ["phone", "firstname", "lastname"];

async function main([base, token]) {
  const { basicApi, searchApi } = new Client({ accessToken: token, basePath: base }).crm.contacts;
  const listed = [];
  let after;
  do {
    const page = await basicApi.getPage(100, after, PROPERTIES);
    listed.push(...page.results);
    after = page.paging?.next?.after;
  } while (after);
  const found = [];
  after = undefined;
  do {
    const filter = { propertyName: "lastmodifieddate", operator: "GTE", value: "0" };
    const sorts = [{ propertyName: "lastmodifieddate", direction: "ASCENDING" }];
    const page = await searchApi.doSearch({ filterGroups: [{ filters: [filter] }], sorts, properties: PROPERTIES, limit: 100, after });
    found.push(...page.results);
    after = page.paging?.next?.after;
  } while (after);
  const ids = (all) => all.map((one) => one.id).sort().join();
  if (ids(listed) !== ids(found)) throw new Error("the list and the search show different people");
  const name = ({ firstname, lastname }) => `${firstname} ${lastname}`;
  console.log(JSON.stringify(listed.map((one) => [one.id, one.properties.phone, name(one.properties)])));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
