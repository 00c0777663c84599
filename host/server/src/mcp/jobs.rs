//! Tools for long work.

use serde_json::json;

use super::tool::{Effect, Told, number, page, text};

pub(super) const TOOLS: &[Told] = &[
    Told {
        name: "list_jobs",
        title: "List jobs",
        about: "Lists long work (rehearsals, replays, evaluations), the latest first, with state and progress and without results.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/jobs"],
        id: "",
        example: || json!({"limit": 5}),
        said: |answer| page(answer, "job", "jobs"),
    },
    Told {
        name: "get_job",
        title: "Read a job",
        about: "Reads one job: its state (running, finished, failed, cancelled), how far it is (progress.done of progress.total) and in the end its result, or in error why there is none. \
                Wait some seconds between two looks.",
        effect: Effect::READS,
        method: "GET",
        paths: &["/v1/jobs/{id}"],
        id: "job",
        example: || json!({"job": "job_01k9zr2v9pfb1sxkh5gqd0m8ea"}),
        said: |answer| {
            let (done, total) = (number(answer, "/progress/done"), number(answer, "/progress/total"));
            format!("Job {} is {}, {done} of {total} steps.", text(answer, "/id"), text(answer, "/state"))
        },
    },
];
