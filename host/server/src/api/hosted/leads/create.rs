//! `POST /api/user/lead`: one lead.
//!
//! A phone that the campaign has already is refused as a fault of its field, unless `allow_dupplicate` (as those platforms
//! spell it) or `allow_duplicate` is true. The answer is 200 and not 201: clients compare it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use campanile_domain::contact::{Contact, MAX_CONTACTS};
use campanile_domain::ids::LeadId;
use campanile_domain::phone::Phone;
use campanile_domain::ports::store::{LeadAdded, NewLead};
use campanile_domain::region::{Region, region_of_zone};
use campanile_domain::variable::Variables;
use serde::Serialize;

use super::shown::Shown;
use crate::api::hosted::caller::{Caller, Sent};
use crate::api::hosted::given::Given;
use crate::api::hosted::refusal::Refusal;
use crate::api::hosted::{campaigns, leads};
use crate::app::App;
use crate::auth::{Key, LeadsWrite};
use crate::problem::Problem;

/// A lead that was made.
#[derive(Serialize)]
pub(crate) struct Made {
    message: &'static str,
    data: Shown,
}

/// Adds a lead to a campaign.
pub(crate) async fn create_lead(
    State(app): State<Arc<App>>,
    caller: Caller<LeadsWrite>,
    Sent(mut given): Sent,
) -> Result<Json<Made>, Refusal> {
    let key = caller.key;
    given.require(&["phone_number", "campaign_id"]);
    let Some(number) = given.number("campaign_id") else {
        read(&mut given, None);
        return Err(given.finish().err().unwrap_or_else(|| Refusal::not_found("campaign", 0)));
    };
    let campaign = campaigns::of(&app, key.of(), number).await?;
    let zone = campaign.config.time_zone.as_ref().and_then(|zone| region_of_zone(zone.name()));
    let lead = read(&mut given, zone);
    given.finish()?;
    let added = app.store.add_leads(&key.writes(&app), campaign.id, vec![lead]).await?;
    let id = match added.first() {
        Some(LeadAdded::Created { id } | LeadAdded::Updated { id }) => *id,
        Some(LeadAdded::Duplicate { of }) => return Err(duplicate(&app, &key, *of).await?),
        None => return Err(Problem::internal("a lead was added without a result").into()),
    };
    app.leads_came(&campaign);
    let made = app.store.lead(key.of(), id).await?.key;
    let data = leads::of(&app, key.of(), made.0).await?.into();
    Ok(Json(Made { message: "The lead was created.", data }))
}

fn read(given: &mut Given, region: Option<Region>) -> NewLead {
    let primary = given.phone("phone_number", region);
    let variables = given.variables("variables").unwrap_or_default();
    let spelt_there = given.boolean("allow_dupplicate");
    let allow_duplicate = given.boolean("allow_duplicate").or(spelt_there).unwrap_or(false);
    let secondary = given.each("secondary_contacts", MAX_CONTACTS - 1, |one| {
        one.require(&["phone_number"]);
        let phone = one.phone("phone_number", region);
        let variables = one.variables("variables").unwrap_or_default();
        phone.map(|phone| (phone, variables))
    });
    let contacts = match primary {
        Some(primary) => contacts(primary, secondary),
        None => Vec::new(),
    };
    NewLead {
        external_id: None,
        contacts,
        priority: 0,
        not_before: None,
        expires_at: None,
        time_zone: None,
        variables,
        allow_duplicate,
    }
}

/// In order; a phone that is there already is the same contact.
fn contacts(primary: Phone, secondary: Vec<(Phone, Variables)>) -> Vec<Contact> {
    let mut contacts = vec![Contact::new(0, primary)];
    for (phone, variables) in secondary {
        if contacts.iter().all(|known| known.phone != phone) {
            let position = u16::try_from(contacts.len()).unwrap_or(u16::MAX);
            contacts.push(Contact { variables, ..Contact::new(position, phone) });
        }
    }
    contacts
}

async fn duplicate(app: &App, key: &Key<LeadsWrite>, of: LeadId) -> Result<Refusal, Refusal> {
    let number = app.store.lead(key.of(), of).await?.key.0;
    let message = format!(
        "The lead {number} of this campaign has this phone number already; change that one, or send allow_dupplicate: true."
    );
    Ok(Refusal::invalid(vec![("phone_number".to_owned(), message)]))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Answer, Host};

    async fn post(host: &Host, body: Value) -> Answer {
        host.post(Some(&host.live), "/api/user/lead", body).await
    }

    async fn host_with_campaign() -> (Host, i64) {
        let host = Host::new().await;
        host.campaign().await;
        let number = host.get(Some(&host.live), "/api/user/campaigns").await.body[0]["id"].as_i64().unwrap();
        (host, number)
    }

    #[tokio::test]
    async fn a_lead_is_made_with_everything_it_came_with() {
        let (host, campaign) = host_with_campaign().await;
        let body = json!({"campaign_id": campaign.to_string(), "phone_number": "(415) 555-2671",
            "variables": {"customer_name": "Ann", "visits": 3, "vip": true, "note": null}, "allow_dupplicate": false,
            "secondary_contacts": [{"phone_number": "+14155552672", "variables": {"customer_name": "Bob"}},
                {"phone_number": "+14155552671"}, {"phone_number": "+14155552673", "variables": []}]});
        let made = post(&host, body).await;
        assert_eq!((made.status, made.body["message"].is_string()), (200, true), "{}", made.text);
        let data = &made.body["data"];
        assert_eq!(
            (&data["campaign_id"], &data["campaign"]),
            (&campaign.into(), &json!({"id": campaign, "name": "Spring"}))
        );
        assert_eq!((&data["phone_number"], &data["status"]), (&"+14155552671".into(), &"created".into()));
        assert_eq!(data["variables"], json!({"customer_name": "Ann", "visits": 3, "vip": true, "note": null}));
        assert_eq!(data["created_at"], "2026-03-02T15:00:00.000000Z");
        let further = data["secondary_contacts"].as_array().unwrap();
        assert_eq!(further.len(), 2, "the primary is not there twice");
        assert_eq!(
            (&further[0]["phone_number"], &further[0]["variables"]),
            (&"+14155552672".into(), &json!({"customer_name": "Bob"}))
        );
        assert_eq!((&further[1]["status"], further[1]["id"].as_i64().unwrap() < 0), (&"created".into(), true));
    }

    #[tokio::test]
    async fn a_known_phone_is_refused_in_either_spelling_unless_it_is_allowed() {
        let (host, campaign) = host_with_campaign().await;
        let lead = |extra: Value| {
            let mut body = json!({"campaign_id": campaign, "phone_number": "+14155552671"});
            body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            body
        };
        let first = post(&host, lead(json!({}))).await.body["data"]["id"].clone();
        let again = post(&host, lead(json!({}))).await;
        assert_eq!((again.status, &again.body["errors"]["phone_number"][0]), (422, &again.body["message"]));
        assert!(again.body["message"].as_str().unwrap().contains(&first.to_string()), "{}", again.text);
        for spelling in ["allow_dupplicate", "allow_duplicate"] {
            for yes in [json!(true), json!(1), json!("1")] {
                assert_eq!(post(&host, lead(json!({spelling: yes}))).await.status, 200, "{spelling} {yes}");
            }
            assert_eq!(post(&host, lead(json!({spelling: false}))).await.status, 422);
        }
    }

    #[tokio::test]
    async fn faults_are_told_under_their_fields() {
        let (host, campaign) = host_with_campaign().await;
        let crowd: Vec<Value> = (0..11).map(|n| json!({"phone_number": format!("+1415555{:04}", 2700 + n)})).collect();
        let wrong = [
            ("phone_number", "phone_number", json!("12")),
            ("phone_number", "phone_number", json!(14_155_552_671_i64)),
            ("phone_number", "phone_number", json!(null)),
            ("campaign_id", "campaign_id", json!("x")),
            ("campaign_id", "campaign_id", json!(-1)),
            ("variables", "variables", json!("name")),
            ("variables", "variables.tags", json!({"tags": ["a"]})),
            ("allow_dupplicate", "allow_dupplicate", json!("sure")),
            ("secondary_contacts", "secondary_contacts", json!({"phone_number": "+14155552672"})),
            ("secondary_contacts", "secondary_contacts", json!(crowd)),
            ("secondary_contacts", "secondary_contacts.1.phone_number", json!([{"phone_number": "+14155552672"}, {}])),
            ("secondary_contacts", "secondary_contacts.0.phone_number", json!([{"phone_number": "12"}])),
        ];
        for (field, place, value) in wrong {
            let mut body = json!({"campaign_id": campaign, "phone_number": "+14155552671"});
            body[field] = value.clone();
            let refused = post(&host, body).await;
            assert_eq!(refused.status, 422, "{field} {value}: {}", refused.text);
            assert_eq!(refused.body["errors"][place][0], refused.body["message"], "{place}: {}", refused.text);
        }
        assert_eq!(post(&host, json!({"campaign_id": 4_000, "phone_number": "+14155552671"})).await.status, 404);
        let empty = post(&host, json!({})).await;
        assert_eq!(empty.body["errors"].as_object().unwrap().len(), 2, "{}", empty.text);
        assert_eq!(host.get(Some(&host.live), "/api/user/leads").await.body["total"], 0);
    }
}
