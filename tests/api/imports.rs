//! `/v1/imports`: a file becomes leads, and the rows that do not come back.

use std::time::Duration;

use campanile_tests::host::Host;
use campanile_tests::{patience, people};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn an_uploaded_file_becomes_leads_once() {
    let host = Host::start(&[]);
    let campaign = host.account("Acme").simulated(1, &json!({}), &json!({}));
    let file = people::csv(500) + "No Phone,,,\r\nToo Short,12,,\r\n";
    let path = format!("/v1/imports?confirm=true&campaign={}&file_name=march.csv", campaign.id);
    for (created, known) in [(500, 0), (0, 500)] {
        let begun = campaign.api.upload(&path, "text/csv", file.clone().into_bytes());
        assert_eq!(begun.status, 201, "{}", begun.text);
        let over = || Some(campaign.api.get(&begun.location).ok()).filter(|import| import["status"] != "running");
        let import = patience::until("the import is over", LIMIT, over);
        assert_eq!(import["status"], "finished", "{import}");
        assert_eq!((&import["rows"], &import["created"]), (&502.into(), &created.into()), "{import}");
        assert_eq!(import["duplicates"], known, "{import}");
        let rejects = campaign.api.get(&format!("{}/rejects", begun.location));
        assert_eq!((rejects.status, rejects.text.lines().count()), (200, 3), "{}", rejects.text);
    }
    let leads = campaign.leads();
    assert_eq!(leads.len(), 500);
    let contacts: usize = leads.iter().map(|lead| lead["contacts"].as_array().unwrap().len()).sum();
    assert_eq!(contacts, (0..500).map(|index| people::phones(index).len()).sum::<usize>());
    let found = campaign.api.get(&format!("/v1/leads?phone=%2B{}", &people::phones(7)[0][1..])).ok();
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1), "{found}");
}
