//! Jobs.

use std::sync::Arc;

use campanile_domain::ids::JobId;
use campanile_domain::ports::store::{
    JobError, JobProgress, JobState, MOST_KEPT_JOBS, MOST_RUNNING_JOBS, Page, Store, StoreError,
};
use serde_json::json;

use crate::support::{MONDAY, World, wait};

pub fn a_job_ends_once(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ctx = || world.ctx(MONDAY);
    let begin = || world.done(world.store.begin_job(&ctx(), "replay", json!({"policy": "mine@1"})));
    let job = begin();
    assert_eq!((job.state, job.by.as_str(), job.created_at), (JobState::Running, "engine", MONDAY));
    let progress = JobProgress { done: 3, total: 9 };
    assert!(world.done(world.store.job_progress(&ctx(), job.id, progress)));
    assert_eq!(world.done(world.store.job(world.tenant.key, job.id)).progress, progress);
    let ended = world.done(world.store.end_job(&ctx(), job.id, Ok(json!({"decisions": 9}))));
    assert_eq!((ended.state, ended.result), (JobState::Finished, Some(json!({"decisions": 9}))));
    assert!(!world.done(world.store.job_progress(&ctx(), job.id, progress)), "it is over");
    assert_eq!(world.done(world.store.cancel_job(&ctx(), job.id)).state, JobState::Finished);

    let cancelled = begin();
    assert_eq!(world.done(world.store.cancel_job(&ctx(), cancelled.id)).state, JobState::Cancelled);
    let late = world.done(world.store.end_job(&ctx(), cancelled.id, Ok(json!(1))));
    assert_eq!((late.state, late.result), (JobState::Cancelled, None));

    let failing = begin();
    let error = JobError { code: "store".into(), message: "it broke".into() };
    let failed = world.done(world.store.end_job(&ctx(), failing.id, Err(error.clone())));
    assert_eq!((failed.state, failed.error), (JobState::Failed, Some(error)));

    let running = begin();
    assert_eq!(world.done(world.store.interrupt_jobs(MONDAY + 5)), 1);
    let read = world.done(world.store.job(world.tenant.key, running.id));
    assert_eq!((read.state, read.finished_at), (JobState::Failed, Some(MONDAY + 5)));
    assert_eq!(read.error.map(|error| error.code).as_deref(), Some("interrupted"));
    let stranger = wait(world.store.job(campanile_domain::ids::TenantKey(99), running.id));
    assert_eq!(stranger.unwrap_err(), StoreError::NotFound("job"));
    assert_eq!(wait(world.store.cancel_job(&ctx(), JobId(7))).unwrap_err(), StoreError::NotFound("job"));
}

pub fn so_many_jobs_run_and_so_many_are_kept(store: Arc<dyn Store>) {
    let world = World::new(store);
    let begin = || wait(world.store.begin_job(&world.ctx(MONDAY), "replay", json!({})));
    let running: Vec<_> = (0..MOST_RUNNING_JOBS).map(|_| begin().unwrap()).collect();
    assert!(matches!(begin(), Err(StoreError::Conflict { code: "too_many_jobs", .. })));
    world.done(world.store.cancel_job(&world.ctx(MONDAY), running[0].id));
    for _ in 0..MOST_KEPT_JOBS + 5 {
        let job = begin().unwrap();
        world.done(world.store.end_job(&world.ctx(MONDAY), job.id, Ok(json!([]))));
    }
    let (mut kept, mut page) = (0, Page { cursor: None, limit: 200 });
    loop {
        let listed = world.done(world.store.jobs(world.tenant.key, &page));
        assert!(listed.data.iter().all(|job| job.result.is_none()), "lists leave results out");
        kept += listed.data.len();
        page.cursor = listed.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    // Those that run are never let go, however old they are.
    assert_eq!(kept, MOST_KEPT_JOBS + MOST_RUNNING_JOBS - 1);
}
