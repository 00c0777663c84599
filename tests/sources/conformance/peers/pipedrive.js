// Reads every person with Pipedrive's own client and prints them: node pipedrive.js BASE TOKEN
const { Configuration, PersonsApi } = require("pipedrive/v2");

async function main([base, token]) {
  const api = new PersonsApi(new Configuration({ apiKey: token, basePath: `${base}/api/v2` }));
  const found = [];
  let cursor;
  do {
    const page = await api.getPersons({ limit: 100, sort_by: "id", sort_direction: "asc", cursor });
    for (const one of page.data) {
      const primary = one.phones.find((phone) => phone.primary);
      found.push([String(one.id), primary.value, one.name]);
    }
    cursor = page.additional_data.next_cursor ?? undefined;
  } while (cursor);
  console.log(JSON.stringify(found));
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
