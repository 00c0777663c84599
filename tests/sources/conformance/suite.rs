//! The scenarios. Each begins with a fake of its own and ends with the campaign's leads equal to the truth. The file is
//! longer than most, because the list of providers below is a test's name for each scenario.

use std::collections::BTreeMap;
use std::time::Duration;

use campanile_tests::account::{Account, Campaign};
use campanile_tests::host::Host;
use campanile_tests::patience;
use serde_json::{Value, json};

use super::airtable::Airtable;
use super::close::Close;
use super::face::{Expiry, Face};
use super::fake::Fake;
use super::gohighlevel::Gohighlevel;
use super::hubspot::Hubspot;
use super::manifest::with_manifest;
use super::pipedrive::Pipedrive;
use super::salesforce::Salesforce;
use super::sheets::Sheets;
use super::tidewater::Tidewater;
use super::world::{Seen, World};
use super::zoho::Zoho;
use crate::gateway::stage::{LIMIT, upload};
use crate::sources::running::{over, runs, sync};

const MANY: usize = 10_000;
const RUNS: usize = 5;
/// People who change between two runs.
const CHANGED: usize = 2_000;
/// Thousands of people through a debugger's worth of restarts.
const PATIENCE: Duration = Duration::from_secs(240);

/// More than three pages.
fn some(face: &dyn Face) -> usize {
    3 * face.page() + 20
}

pub(super) struct Stage {
    pub(super) fake: Fake,
    pub(super) host: Host,
    pub(super) account: Account,
    pub(super) campaign: Campaign,
    pub(super) source: String,
}

impl Stage {
    /// A source of a draft, paused before its first run.
    fn new(face: Box<dyn Face>, count: usize) -> Self {
        let fake = Fake::start(face, count);
        let host = Host::start(&["--plugin-host", &fake.address.to_string()]);
        let account = host.account("Harbour Dental");
        let gateway = account.gateway("simulated", &json!({"seed": 1}));
        let campaign = account.campaign(&account.assistant(&gateway), &json!({}));
        let base = format!("http://{}", fake.address);
        let component = fake.face(|face| face.component());
        let component = fake.face(|face| retargeted(face, component, &base));
        let plugin = upload(&account, component);
        if let Some(wanted) = fake.face(|face| face.connect(&base)) {
            connect(&account, fake.face(|face| face.plugin()), wanted);
        }
        let mut body = fake.face(|face| face.install(&base, false));
        for (name, value) in [("name", "CRM"), ("campaign", &campaign.id), ("plugin", &plugin)] {
            body[name] = value.into();
        }
        (body["interval_minutes"], body["paused"]) = (10_080.into(), true.into());
        let made = account.live.post("/v1/sources", &body).ok();
        let source = made["id"].as_str().unwrap().to_owned();
        Self { fake, host, account, campaign, source }
    }

    /// With a few pages of people.
    pub(super) fn some(face: Box<dyn Face>) -> Self {
        let count = some(face.as_ref());
        Self::new(face, count)
    }

    fn path(&self) -> String {
        format!("/v1/sources/{}", self.source)
    }

    /// Lets the first run begin.
    fn begin(&self) {
        self.account.live.verb(&format!("{}/resume", self.path())).ok();
        patience::until("the first run", LIMIT, || (!runs(&self.account, &self.source).is_empty()).then_some(()));
    }

    /// The first run, to its end.
    pub(super) fn first(&self) -> Value {
        self.begin();
        over(&self.account, &self.source, "finished")
    }

    fn sync(&self) -> Value {
        sync(&self.account, &self.source)
    }

    /// Everything is read again from here on.
    fn read_everything(&self) {
        let base = format!("http://{}", self.fake.address);
        let settings = self.fake.face(|face| face.install(&base, true))["settings"].clone();
        self.account.live.patch(&self.path(), &json!({ "settings": settings })).ok();
    }

    /// Whatever changed, and who was deleted.
    fn catch_up(&self) {
        self.sync();
        if !self.fake.face(|face| face.tells_deletions()) {
            let before = runs(&self.account, &self.source).len();
            self.read_everything();
            patience::until("the run after the change", LIMIT, || {
                (runs(&self.account, &self.source).len() > before).then_some(())
            });
            over(&self.account, &self.source, "finished");
        }
    }

    /// Who can be called. Nobody is there twice.
    fn callable(&self) -> BTreeMap<String, Seen> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut found = BTreeMap::new();
        for lead in self.campaign.leads() {
            if ["completed", "suppressed", "max_retries"].contains(&lead["status"].as_str().unwrap()) {
                continue;
            }
            let contacts = lead["contacts"].as_array().unwrap();
            let phones = contacts.iter().map(|contact| text(&contact["phone"])).collect();
            let seen = (phones, text(&contacts[0]["name"]), text(&lead["variables"]["city"]));
            let twice = found.insert(text(&lead["external_id"]), seen);
            assert!(twice.is_none(), "{lead} is there twice");
        }
        found
    }

    fn must_equal_the_truth(&self, when: &str) {
        same(when, &self.callable(), &self.fake.world(|world| world.callable()));
    }
}

/// Makes a connection and consents to it, as a person would.
fn connect(account: &Account, plugin: &str, mut wanted: Value) {
    (wanted["plugin"], wanted["name"]) = (plugin.into(), "Of Ann".into());
    let made = account.live.post("/v1/connections", &wanted).ok();
    let consent = url::Url::parse(made["authorize_url"].as_str().unwrap()).unwrap();
    let (_, state) = consent.query_pairs().find(|(name, _)| name == "state").unwrap();
    let back = format!("/hooks/connections/{}/callback?code=good&state={state}", made["id"].as_str().unwrap());
    let taken = account.live.get(&back);
    assert_eq!(taken.status, 200, "{}", taken.text);
}

/// A component whose token endpoint is the fake's.
pub(super) fn retargeted(face: &dyn Face, component: Vec<u8>, base: &str) -> Vec<u8> {
    let Some((from, to)) = face.retarget(base) else { return component };
    with_manifest(&component, |text| {
        assert!(text.contains(from), "{from} is not in the manifest");
        text.replace(from, &to)
    })
}

/// Says who differs, not ten thousand people.
fn same(when: &str, found: &BTreeMap<String, Seen>, truth: &BTreeMap<String, Seen>) {
    let lost: Vec<_> = truth.iter().filter(|(id, _)| !found.contains_key(*id)).take(5).collect();
    let left: Vec<_> = found.iter().filter(|(id, _)| !truth.contains_key(*id)).take(5).collect();
    let stale = truth
        .iter()
        .filter_map(|(id, seen)| found.get(id).filter(|found| *found != seen).map(|found| (id, found, seen)));
    let stale: Vec<_> = stale.take(5).collect();
    assert!(
        lost.is_empty() && left.is_empty() && stale.is_empty(),
        "{when}: lost {lost:?}, still callable {left:?}, stale (found, true) {stale:?}"
    );
}

fn pages_and_ragged_records(face: Box<dyn Face>) {
    let stage = Stage::some(face);
    stage.fake.with_odd();
    let run = stage.first();
    assert!(run["pages"].as_u64().unwrap() >= 3, "{run}");
    let mut found = stage.callable();
    let rejects =
        stage.account.live.get(&format!("{}/runs/{}/rejects", stage.path(), run["id"].as_str().unwrap())).text;
    for odd in stage.fake.face(|face| face.odd()) {
        match odd.becomes {
            Ok(phone) => {
                let lead = found.remove(odd.id).unwrap_or_else(|| panic!("{} is no lead: {rejects}", odd.id));
                assert_eq!(lead.0[0], phone, "{}", odd.id);
            }
            Err(code) => {
                assert!(!found.contains_key(odd.id), "{} is a lead", odd.id);
                let told = rejects.lines().any(|line| line.contains(odd.id) && line.contains(code));
                assert!(told, "{} {code}: {rejects}", odd.id);
            }
        }
    }
    same("after the first run", &found, &stage.fake.world(|world| world.callable()));
    let checked = stage.account.live.verb(&format!("{}/check", stage.path())).ok();
    assert_eq!(checked["health"], "ready", "{checked}");
}

fn every_spelling_of_not_so_fast(face: Box<dyn Face>) {
    let stage = Stage::some(face);
    let spellings = stage.fake.face(|face| face.busy());
    assert!(!spellings.is_empty());
    for (nth, busy) in spellings.iter().enumerate() {
        for id in (0..2 * stage.fake.face(|face| face.page()) + 20).map(|index| stage.fake.id(index)) {
            stage.fake.world(|world| world.edit(&id));
        }
        stage.fake.instead(1, busy.reply.clone());
        let before = runs(&stage.account, &stage.source).len();
        if nth == 0 {
            stage.begin();
        } else {
            stage.account.live.verb(&format!("{}/run", stage.path()));
            patience::until("a run", LIMIT, || (runs(&stage.account, &stage.source).len() > before).then_some(()));
        }
        let failed = over(&stage.account, &stage.source, "failed");
        assert_eq!(failed["error"]["code"], "http_too_many_requests", "{}: {failed}", busy.name);
        let source = stage.account.live.get(&stage.path()).ok();
        assert_eq!(source["status"], "active", "{}: {source}", busy.name);
        let instant = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
        let waits = instant(&source["next_run_at"]) - instant(&failed["finished_at"]);
        let least = busy.wait_s.unwrap_or(0).max(30);
        assert!(waits >= least - 1, "{}: waits {waits} s, not {least}", busy.name);
        stage.sync();
        stage.must_equal_the_truth(busy.name);
    }
}

fn a_token_that_ends_in_the_middle(face: Box<dyn Face>) {
    let stage = Stage::some(face);
    stage.fake.expire(1);
    match stage.fake.face(|face| face.expiry()) {
        Expiry::ByHand(secret) => {
            stage.begin();
            let failed = over(&stage.account, &stage.source, "failed");
            assert_eq!(failed["error"]["code"], "http_not_permitted", "{failed}");
            let source = stage.account.live.get(&stage.path()).ok();
            assert_eq!(source["status"], "needs_attention", "{source}");
            let path = format!("{}/secrets/{secret}", stage.path());
            stage.account.live.put(&path, &json!({ "value": stage.fake.token() })).ok();
            let before = runs(&stage.account, &stage.source).len();
            stage.account.live.verb(&format!("{}/resume", stage.path())).ok();
            patience::until("the run after the resume", LIMIT, || {
                (runs(&stage.account, &stage.source).len() > before).then_some(())
            });
            over(&stage.account, &stage.source, "finished");
        }
        Expiry::Renewed | Expiry::Rotated => {
            stage.first();
            assert!(stage.fake.renewals() >= 2, "{} tokens were fetched", stage.fake.renewals());
            stage.fake.expire(0);
            stage.sync();
            assert!(stage.fake.renewals() >= 3, "{} tokens were fetched", stage.fake.renewals());
        }
    }
    stage.must_equal_the_truth("with the new token");
}

/// Changes that hurt whoever pages by how many to skip: before the place, behind it, at it.
fn stir(ids: &[String], number: usize, world: &mut World, new: &str) {
    let at = |index: usize| &ids[index % ids.len()];
    let alive = |world: &World, id: &str| world.get(id).is_some_and(|person| !person.deleted);
    for index in [number * 3, number * 31 + 7, ids.len() - 1 - number * 2] {
        if alive(world, at(index)) {
            world.edit(at(index));
        }
    }
    for index in [number * 2 + 1, ids.len() - 2 - number * 5] {
        if alive(world, at(index)) {
            world.delete(at(index));
        }
    }
    let silent = at(number * 17 + 11);
    if number.is_multiple_of(4) && alive(world, silent) {
        world.change(silent, |person| person.do_not_call = true);
    }
    world.add(new.to_owned());
}

fn changes_between_pages(face: Box<dyn Face>) {
    let stage = Stage::some(face);
    let count = stage.fake.world(|world| world.all().count());
    let ids: Vec<String> = (0..count).map(|index| stage.fake.id(index)).collect();
    let new: Vec<String> = (0..12).map(|nth| stage.fake.id(count + nth)).collect();
    let before = stage.fake.world(|world| world.callable());
    let among = ids.clone();
    stage.fake.meanwhile(move |number, world| {
        // Not before the first page: what happens there is no surprise.
        if (1..=new.len()).contains(&number) {
            stir(&among, number, world, &new[number - 1]);
        }
    });
    stage.first();
    stage.fake.calm();
    let truth = stage.fake.world(|world| world.callable());
    let untouched: BTreeMap<_, _> = before.into_iter().filter(|(id, seen)| truth.get(id) == Some(seen)).collect();
    assert!(untouched.len() > count / 2);
    let found = stage.callable();
    let kept = found.into_iter().filter(|(id, _)| untouched.contains_key(id)).collect();
    same("nobody is lost who was not touched", &kept, &untouched);
    stage.catch_up();
    stage.must_equal_the_truth("after the next run");
}

fn deletions_and_do_not_call(face: Box<dyn Face>) {
    let stage = Stage::some(face);
    stage.first();
    let count = stage.fake.world(|world| world.all().count());
    let ids: Vec<String> = (0..count + 5).map(|index| stage.fake.id(index)).collect();
    stage.fake.world(|world| {
        for nth in 0..5 {
            world.delete(&ids[nth]);
            world.change(&ids[10 + nth], |person| person.do_not_call = true);
            world.edit(&ids[20 + nth]);
            world.add(ids[count + nth].clone());
        }
    });
    let run = stage.sync();
    if stage.fake.face(|face| face.tells_changes()) {
        assert!(run["seen"].as_u64().unwrap() < count as u64, "only what changed is asked for: {run}");
    }
    if stage.fake.face(|face| face.tells_deletions()) {
        stage.must_equal_the_truth("after the run of changes");
    }
    stage.catch_up();
    stage.must_equal_the_truth("after everything was read");
    let silent = stage.campaign.leads().into_iter().find(|lead| lead["external_id"] == ids[10].as_str()).unwrap();
    assert_eq!(silent["status"], "suppressed", "{silent}");
}

fn a_place_that_is_lost(face: Box<dyn Face>) {
    let Some(lost) = face.place_lost() else { return };
    let stage = Stage::some(face);
    stage.fake.instead(2, lost);
    stage.first();
    stage.must_equal_the_truth("after the run that began again");
}

fn ten_thousand_through_five_killed_runs(face: Box<dyn Face>) {
    let (page, told) = (face.page(), face.tells_changes());
    let Stage { fake, mut host, mut account, mut campaign, source } = Stage::new(face, MANY);
    let ids: Vec<String> = (0..MANY).map(|index| fake.id(index)).collect();
    let new: Vec<String> = (0..300).map(|nth| fake.id(MANY + nth)).collect();
    let (among, mut stirred) = (ids.clone(), 0);
    fake.meanwhile(move |number, world| {
        if number > 0 && stirred < new.len() {
            stir(&among, stirred, world, &new[stirred]);
            stirred += 1;
        }
    });
    for run in 1..=RUNS {
        let pages = if run == 1 || !told { MANY / page } else { CHANGED / page };
        if run > 1 {
            let changed = ids.iter().skip(run * 1_000).take(CHANGED);
            fake.world(|world| {
                for id in changed {
                    if world.get(id).is_some_and(|person| !person.deleted) {
                        world.edit(id);
                    }
                }
            });
        }
        let before = fake.asked();
        let path = format!("/v1/sources/{source}");
        account.live.verb(&format!("{path}/{}", if run == 1 { "resume" } else { "run" }));
        let asked = patience::within(PATIENCE, || (fake.asked() >= before + pages / 3).then_some(()));
        assert!(asked.is_some(), "{} pages, {:?}", fake.asked(), runs(&account, &source));
        host = host.killed(None);
        account = account.at(host.api.base());
        campaign = Campaign { api: account.live.clone(), ..campaign };
        let killed_at = fake.asked();
        patience::until("the end of the run", PATIENCE, || {
            runs(&account, &source).first().is_some_and(|run| run["status"] != "running").then_some(())
        });
        over(&account, &source, "finished");
        assert_eq!(runs(&account, &source).len(), run, "a run goes on where it was");
        assert!(fake.asked() > killed_at, "it was over before it was killed");
    }
    fake.calm();
    let stage = Stage { fake, host, account, campaign, source };
    stage.catch_up();
    stage.must_equal_the_truth("after five runs with a kill in each");
}

macro_rules! providers {
    ($($provider:ident: $face:expr;)*) => {$(
        mod $provider {
            use super::*;

            #[test]
            fn pages_and_ragged_records_are_read() {
                pages_and_ragged_records(Box::new($face));
            }

            #[test]
            fn every_spelling_of_not_so_fast_is_waited_for() {
                every_spelling_of_not_so_fast(Box::new($face));
            }

            #[test]
            fn a_token_that_ends_in_the_middle_loses_nobody() {
                a_token_that_ends_in_the_middle(Box::new($face));
            }

            #[test]
            fn changes_between_pages_lose_nobody() {
                changes_between_pages(Box::new($face));
            }

            #[test]
            fn deletions_and_do_not_call_are_applied() {
                deletions_and_do_not_call(Box::new($face));
            }

            #[test]
            fn a_place_that_is_lost_begins_again() {
                a_place_that_is_lost(Box::new($face));
            }

            #[test]
            fn ten_thousand_people_survive_a_kill_in_each_of_five_runs() {
                ten_thousand_through_five_killed_runs(Box::new($face));
            }
        }
    )*};
}

#[test]
fn a_refresh_token_that_is_exchanged_each_time_is_kept() {
    a_token_that_ends_in_the_middle(Box::new(Zoho::exchanging()));
}

/// All scenarios, one after the other.
fn all(language: &str) {
    let scenarios: [fn(Box<dyn Face>); 6] = [
        pages_and_ragged_records,
        every_spelling_of_not_so_fast,
        a_token_that_ends_in_the_middle,
        changes_between_pages,
        deletions_and_do_not_call,
        ten_thousand_through_five_killed_runs,
    ];
    for scenario in scenarios {
        let Some(face) = Tidewater::of(language) else { return };
        scenario(Box::new(face));
    }
}

#[test]
fn the_worked_example_in_javascript_keeps_up() {
    all("javascript");
}

#[test]
fn the_worked_example_in_rust_keeps_up() {
    all("rust");
}

providers! {
    airtable: Airtable::default();
    close: Close::default();
    gohighlevel: Gohighlevel;
    hubspot: Hubspot::default();
    pipedrive: Pipedrive;
    salesforce: Salesforce::default();
    sheets: Sheets::default();
    zoho: Zoho::default();
}
