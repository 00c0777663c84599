//! The sinks of the same systems: what became of people, written to the records that they came from.

use std::collections::BTreeMap;

use campanile_tests::patience;
use serde_json::{Value, json};

use super::face::Face;
use super::hubspot::Hubspot;
use super::sheets::Sheets;
use super::suite::{Stage, retargeted};
use crate::gateway::stage::{LIMIT, shipped, upload};

/// What becomes of people is written to the records that they came from, by the sink of their own system.
fn results_go_back(face: Box<dyn Face>) {
    let stage = Stage::some(face);
    stage.first();
    let base = format!("http://{}", stage.fake.address);
    let (plugin, mut body) = stage.fake.face(|face| face.results(&base)).unwrap();
    let component = stage.fake.face(|face| retargeted(face, shipped(plugin), &base));
    body["plugin"] = upload(&stage.account, component).into();
    for (name, value) in [("name", "Results"), ("campaign", &stage.campaign.id), ("source", &stage.source)] {
        body[name] = value.into();
    }
    let made = stage.account.live.post("/v1/sinks", &body).ok();
    let path = format!("/v1/sinks/{}", made["id"].as_str().unwrap());
    let checked = stage.account.live.verb(&format!("{path}/check")).ok();
    assert_eq!(checked["health"], "ready", "{checked}");
    let leads = stage.campaign.leads();
    let end = |leads: &[Value]| {
        for lead in leads {
            let path = format!("/v1/leads/{}", lead["id"].as_str().unwrap());
            stage.account.live.patch(&path, &json!({"status": "completed"})).ok();
        }
    };
    let written = |what: &str, truth: &BTreeMap<String, String>| {
        patience::until(what, LIMIT, || (stage.fake.face(|face| face.written()) == *truth).then_some(()));
    };
    let id = |lead: &Value| lead["external_id"].as_str().unwrap().to_owned();
    end(&leads[..60]);
    let mut truth: BTreeMap<_, _> = leads[..60].iter().map(|lead| (id(lead), "completed".to_owned())).collect();
    written("the results of sixty people", &truth);

    // A record that is gone is skipped, and somebody who was never there is nobody's business.
    let gone = id(&leads[60]);
    stage.fake.world(|world| world.delete(&gone));
    let own = json!({"phone": "+14155552680", "external_id": id(&leads[61])});
    let own = stage.account.live.post(&format!("/v1/campaigns/{}/leads", stage.campaign.id), &own).ok();
    end(&[leads[60].clone(), own, leads[62].clone()]);
    truth.insert(id(&leads[62]), "completed".to_owned());
    written("the one who is there", &truth);
    let skipped = || {
        let rows = stage.account.live.all(&format!("{path}/deliveries?status=skipped"));
        (!rows.is_empty()).then_some(rows)
    };
    let skipped = patience::until("the one who is gone", LIMIT, skipped);
    assert_eq!((skipped.len(), &skipped[0]["lead"]), (1, &leads[60]["id"]), "{skipped:?}");
    assert_eq!(stage.account.live.get(&path).ok()["status"], "active");
}

#[test]
fn hubspot_gets_its_results() {
    results_go_back(Box::new(Hubspot::default()));
}

#[test]
fn a_sheet_gets_its_results() {
    results_go_back(Box::new(Sheets::default()));
}
