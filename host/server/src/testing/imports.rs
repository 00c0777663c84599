//! Imports that tests find when they come.

use std::sync::Arc;

use campanile_domain::ids::ImportId;
use campanile_domain::ports::store::{Existing, ImportStatus, ImportStep, NewImport};
use prometheus::Registry;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::host::Host;
use super::world::NOW;
use crate::imports::{Job, Work, at_work, run};
use crate::jobs::line::JobLine;
use crate::line::Line;
use crate::metrics::Metrics;
use crate::secret::rng;
use crate::{Admission, App};

impl Host {
    /// A file that waits to be confirmed, with the columns that the examples name.
    pub(crate) async fn uploaded_import(&self) -> String {
        let path = format!("/v1/imports?file_name=people.csv&campaign={}", self.campaign().await);
        let sent = self.upload(&path, "text/csv", "Name,Phone,Office Phone\nAnn,+14155552671,+14155552672\n").await;
        assert_eq!(sent.status, 201, "{}", sent.text);
        sent.body["id"].as_str().unwrap().to_owned()
    }

    /// An import that nobody reads on.
    pub(crate) async fn running_import(&self) -> String {
        let campaign = self.campaign().await.parse().unwrap();
        let ctx = self.context(self.tenant_key().await);
        let new = NewImport {
            id: ImportId::mint(NOW, &mut rng(&*self.app.entropy)),
            campaign,
            file_name: "a.csv".into(),
            bytes: 1,
            sha256: "00".into(),
            options: json!({}),
            existing: Existing::Skip,
            understood: Value::Null,
        };
        let id = self.app.store.add_import(&ctx, new).await.unwrap().id;
        self.app.store.step_import(&ctx, id, ImportStep::to(ImportStatus::Running)).await.unwrap();
        id.to_string()
    }

    /// An import that failed behind its first page; its place, and how many rows its file has.
    pub(crate) async fn half_an_import(&self) -> (String, u64) {
        let path = format!("/v1/imports?campaign={}", self.campaign().await);
        let file: String =
            (0..1_300).fold("phone\n".to_owned(), |file, n| file + &format!("+1415555{:04}\n", 2000 + n));
        let sent = self.upload(&path, "text/csv", &file).await;
        let id: ImportId = sent.body["id"].as_str().unwrap().parse().unwrap();
        let ctx = self.context(self.tenant_key().await);
        self.app.store.step_import(&ctx, id, ImportStep::to(ImportStatus::Running)).await.unwrap();
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let job = Job { work: Work { shutdown, ..at_work(&self.app) }, ctx: ctx.clone(), import: id };
        let stopped = tokio::task::spawn_blocking(move || run(&job, &mut |_| {})).await.unwrap().unwrap();
        assert!(stopped.is_none(), "it was stopped behind its first page");
        let failed = self.app.store.end_import(&ctx, id, true, json!({}), Vec::new()).await.unwrap();
        assert!((1..1_300).contains(&failed.rows), "{}", failed.rows);
        (sent.header("location"), 1_300)
    }

    /// A saved mapping.
    pub(crate) async fn mapping(&self, name: &str) {
        let path = format!("/v1/imports?campaign={}", self.campaign().await);
        let sent = self.upload(&path, "text/csv", "Name,Phone\nAnn,+14155552671\n").await;
        let place = format!("{}/confirm", sent.header("location"));
        let confirmed = self.post(Some(&self.live), &place, json!({"save_mapping_as": name})).await;
        assert_eq!(confirmed.status, 202, "{}", confirmed.text);
        self.background_done().await;
    }

    /// The same host after a restart.
    pub(crate) fn restarted(&self) -> Arc<App> {
        let app = &self.app;
        Arc::new(App {
            store: Arc::clone(&app.store),
            engine: app.engine.clone(),
            policies: Arc::clone(&app.policies),
            scripts: Arc::clone(&app.scripts),
            evaluators: Arc::clone(&app.evaluators),
            evaluations: app.evaluations.clone(),
            mapper: Arc::clone(&app.mapper),
            plugins: Arc::clone(&app.plugins),
            consent: Arc::clone(&app.consent),
            line: Line::default(),
            jobs: JobLine::default(),
            admission: Admission::default(),
            rehearsals: Arc::clone(&app.rehearsals),
            metrics: Metrics::new(Registry::new()).unwrap(),
            gateways: Arc::clone(&app.gateways),
            sources: Arc::clone(&app.sources),
            sinks: Arc::clone(&app.sinks),
            post: Arc::clone(&app.post),
            webhooks: app.webhooks.clone(),
            streams: app.streams.clone(),
            engine_clock: Arc::clone(&app.engine_clock),
            wall_clock: Arc::clone(&app.wall_clock),
            entropy: Arc::clone(&app.entropy),
            config: app.config.clone(),
            background: tokio_util::task::TaskTracker::new(),
            shutdown: CancellationToken::new(),
        })
    }
}
