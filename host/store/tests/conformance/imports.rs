//! Imports: pages with their progress, steps, undoing, saved mappings.

use std::sync::Arc;

use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::{
    Acquainted, Candidate, Existing, Import, ImportFilter, ImportStatus, ImportStep, LeadAdded, NewImport, NewLead,
    Page, Store, StoreError,
};
use campanile_domain::variable::{Value, Variables};
use serde_json::json;

use crate::support::{MONDAY, World, lead, phone, wait};

pub(super) fn uploaded(world: &World, number: u8, existing: Existing) -> Import {
    let new = NewImport {
        id: ImportId::from_bytes([number; 16]),
        campaign: world.campaign.id,
        file_name: "leads.csv".into(),
        bytes: 17,
        sha256: "ab".into(),
        options: json!({"primary": "Phone"}),
        existing,
        understood: json!({"header_row": 1}),
    };
    world.done(world.store.add_import(&world.ctx(MONDAY), new))
}

pub(super) fn step(world: &World, import: &Import, to: ImportStatus) -> Import {
    world.done(world.store.step_import(&world.ctx(MONDAY), import.id, ImportStep::to(to)))
}

fn of_town(number: u64, town: &str) -> NewLead {
    let variables: Variables = [("town".to_owned(), Value::Text(town.to_owned()))].into_iter().collect();
    NewLead { variables, ..lead(number) }
}

pub fn an_import_keeps_its_progress_and_its_rejects(store: Arc<dyn Store>) {
    let world = World::new(store);
    let import = uploaded(&world, 1, Existing::Skip);
    assert_eq!(
        (import.status, import.bytes, &import.options["primary"]),
        (ImportStatus::Uploaded, 17, &json!("Phone"))
    );
    let early = wait(world.store.import_page(&world.ctx(MONDAY), import.id, 1, vec![lead(3)])).unwrap_err();
    assert!(
        matches!(early, StoreError::Conflict { code: "import_status", .. }),
        "nothing comes in before it is confirmed"
    );
    step(&world, &import, ImportStatus::Running);
    let page = vec![lead(1), lead(2), lead(1)];
    let added = world.done(world.store.import_page(&world.ctx(MONDAY), import.id, 4, page));
    assert!(matches!(added[2], LeadAdded::Duplicate { .. }));
    let running = world.done(world.store.import(world.tenant.key, import.id));
    assert_eq!((running.rows, running.created, running.duplicates, running.status), (4, 2, 1, ImportStatus::Running));
    assert_eq!(world.done(world.store.open_imports()), [(world.tenant.key, running)]);
    let summary = json!({ "rejected": 1 });
    let (ctx, rejects) = (world.ctx(MONDAY + 5), b"row,why".to_vec());
    let ended = world.done(world.store.end_import(&ctx, import.id, false, summary.clone(), rejects));
    assert_eq!((ended.status, ended.finished_at, &ended.summary), (ImportStatus::Finished, Some(MONDAY + 5), &summary));
    assert_eq!(world.done(world.store.import_rejects(world.tenant.key, import.id)), b"row,why");
    let over = wait(world.store.import_page(&world.ctx(MONDAY), import.id, 5, vec![lead(3)])).unwrap_err();
    assert!(matches!(over, StoreError::Conflict { code: "import_status", .. }));
    assert!(world.done(world.store.open_imports()).is_empty());
}

pub fn an_import_takes_only_steps_that_exist(store: Arc<dyn Store>) {
    let world = World::new(store);
    let import = uploaded(&world, 1, Existing::Skip);
    for to in [ImportStatus::Reviewed, ImportStatus::Finished, ImportStatus::Undoing, ImportStatus::Undone] {
        let refused = wait(world.store.step_import(&world.ctx(MONDAY), import.id, ImportStep::to(to))).unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { code: "import_status", .. }), "{to:?}");
    }
    step(&world, &import, ImportStatus::Reviewing);
    let found = ImportStep { review: Some(json!({"rows": 2})), ..ImportStep::to(ImportStatus::Reviewed) };
    let reviewed = world.done(world.store.step_import(&world.ctx(MONDAY), import.id, found));
    assert_eq!((reviewed.review, &reviewed.options), (Some(json!({"rows": 2})), &import.options));
    world.done(world.store.discard_import(&world.ctx(MONDAY), import.id));
    assert_eq!(wait(world.store.import(world.tenant.key, import.id)), Err(StoreError::NotFound("import")));
    let confirmed = uploaded(&world, 2, Existing::Skip);
    step(&world, &confirmed, ImportStatus::Running);
    assert!(wait(world.store.discard_import(&world.ctx(MONDAY), confirmed.id)).is_err());
    let filter = ImportFilter { campaign: Some(world.campaign.id), status: Some(ImportStatus::Running) };
    let listed = world.done(world.store.imports(world.tenant.key, &filter, &Page::default()));
    assert_eq!(listed.data.iter().map(|import| import.id).collect::<Vec<_>>(), [confirmed.id]);
}

pub fn known_leads_are_skipped_or_updated(store: Arc<dyn Store>) {
    let world = World::new(store);
    let keyed = NewLead { external_id: Some("crm-1".into()), ..of_town(1, "Oakland") };
    let ids = world.add(vec![keyed, of_town(2, "Oakland")]);
    let page = || vec![NewLead { external_id: Some("crm-1".into()), ..of_town(11, "Reno") }, of_town(2, "Reno")];
    let town = |id| world.lead(id).variables.get("town").cloned();
    let skips = uploaded(&world, 1, Existing::Skip);
    step(&world, &skips, ImportStatus::Running);
    let added = world.done(world.store.import_page(&world.ctx(MONDAY), skips.id, 2, page()));
    assert_eq!(added, [LeadAdded::Duplicate { of: ids[0] }, LeadAdded::Duplicate { of: ids[1] }]);
    assert_eq!(town(ids[0]), Some(Value::Text("Oakland".into())));
    let updates = uploaded(&world, 2, Existing::Update);
    step(&world, &updates, ImportStatus::Running);
    let added = world.done(world.store.import_page(&world.ctx(MONDAY), updates.id, 2, page()));
    assert_eq!(added, [LeadAdded::Updated { id: ids[0] }, LeadAdded::Updated { id: ids[1] }]);
    assert_eq!((town(ids[0]), town(ids[1])), (Some(Value::Text("Reno".into())), Some(Value::Text("Reno".into()))));
    assert_eq!(world.lead(ids[0]).contacts[0].phone, phone(11), "its number in the file is its number");
    let asked = vec![
        Candidate { external_id: Some("crm-1".into()), phone: phone(77) },
        Candidate { external_id: None, phone: phone(2) },
        Candidate { external_id: None, phone: phone(3) },
    ];
    world.suppress(MONDAY, phone(3));
    let known = world.done(world.store.acquainted(world.tenant.key, world.campaign.id, asked));
    let lead = |lead, suppressed| Acquainted { lead, suppressed };
    assert_eq!(known, [lead(Some(ids[0]), false), lead(Some(ids[1]), false), lead(None, true)]);
}

pub fn an_undo_takes_out_what_nobody_called(store: Arc<dyn Store>) {
    let world = World::new(store);
    let own = world.add(vec![lead(50)])[0];
    let import = uploaded(&world, 1, Existing::Skip);
    step(&world, &import, ImportStatus::Running);
    let page = (1..=5).map(lead).chain([lead(50)]).collect();
    let added = world.done(world.store.import_page(&world.ctx(MONDAY), import.id, 6, page));
    world.done(world.store.end_import(&world.ctx(MONDAY), import.id, false, json!({}), Vec::new()));
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    step(&world, &import, ImportStatus::Undoing);
    let mut removed = Vec::new();
    loop {
        let now = world.done(world.store.undo_import_page(&world.ctx(MONDAY), import.id, 2));
        removed.push(now.removed);
        if now.status == ImportStatus::Undone {
            break;
        }
    }
    assert_eq!(world.lead(own).contacts[0].phone, phone(50), "it was there before");
    let left: Vec<_> = added
        .iter()
        .filter_map(|one| match one {
            LeadAdded::Created { id } => wait(world.store.lead(world.tenant.key, *id)).ok(),
            _ => None,
        })
        .collect();
    let called: Vec<_> = left.iter().map(|lead| lead.key).collect();
    assert_eq!(called, [order.open.lead], "the one that is being called stays");
    assert_eq!(removed, [2, 4, 4], "the others go by pages");
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!(stats.leads, 2);
}

pub fn a_mapping_is_found_by_its_headers(store: Arc<dyn Store>) {
    let world = World::new(store);
    let headers = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let save = |name: &str, columns: &[&str], primary: &str| {
        let options = json!({ "primary": primary });
        world.done(world.store.save_mapping(&world.ctx(MONDAY), name.to_owned(), headers(columns), options))
    };
    save("A", &["a", "b"], "a");
    save("B", &["a", "b"], "b");
    save("C", &["c"], "c");
    let found = |columns: &[&str]| {
        let found = world.done(world.store.mapping_for(world.tenant.key, headers(columns)));
        found.map(|saved| (saved.name, saved.options["primary"].as_str().unwrap().to_owned()))
    };
    assert_eq!(found(&["a", "b"]), Some(("B".into(), "b".into())), "the latest");
    save("A", &["a", "b"], "A");
    assert_eq!(found(&["a", "b"]), Some(("A".into(), "A".into())), "one of the same name is replaced");
    assert_eq!(found(&["a"]), None);
    assert_eq!(world.done(world.store.mappings(world.tenant.key)).len(), 3);
    world.done(world.store.delete_mapping(&world.ctx(MONDAY), "A"));
    assert_eq!(wait(world.store.delete_mapping(&world.ctx(MONDAY), "A")), Err(StoreError::NotFound("mapping")));
}
