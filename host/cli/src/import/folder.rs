//! Imports straight into a data folder.
//!
//! For the first million leads, and for a machine without a server: the folder's lock makes sure that no server has it
//! open. The steps, the rows and what is kept of them are the server's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::ids::{CampaignId, ImportId};
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::mapper::RowMapper;
use campanile_domain::ports::store::{
    Existing, Import, ImportFilter, ImportStatus, ImportStep, NewImport, Page, Plugins, Store, Tenant, WriteContext,
};
use campanile_intake::IntakeError;
use campanile_sandbox::Sandbox;
use campanile_server::imports::{self, Arrived, Files, ImportOptions, Job, Work, review, run, understand, undo};
use campanile_store::Profile;
use serde_json::Value;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, Progress, Sending, digest};
use crate::clock;
use crate::entropy::{SystemEntropy, seed};
use crate::exit::Failure;
use crate::shelving::{Shelving, StoredContents};

/// An open folder.
pub struct Folder {
    store: Arc<dyn Store>,
    sandbox: Sandbox,
    shelving: Shelving,
    clock: Arc<dyn EngineClock>,
    files: Files,
    tenant: Option<String>,
    data: PathBuf,
}

fn stored<T>(answer: Result<T, campanile_domain::ports::store::StoreError>) -> Result<T, Failure> {
    use campanile_domain::ports::store::StoreError;
    answer.map_err(|error| match error {
        StoreError::NotFound(_) => Failure::not_found(error.to_string()),
        StoreError::Conflict { .. } | StoreError::AccountFull { .. } | StoreError::Stale => {
            Failure::conflict(error.to_string())
        }
        other => Failure::other(other.to_string()),
    })
}

impl Folder {
    /// Opens it; whoever has it open already keeps it.
    pub fn open(data: &Path, tenant: Option<String>) -> Result<Self, Failure> {
        if !data.is_dir() {
            return Err(Failure::not_found(format!("{} is no folder", data.display()))
                .next("campanile serve --data DIR makes one, with an account in it"));
        }
        let profile = Profile::Durable { folder: data.to_owned() };
        let options = campanile_store::Options { profile, readers: 1, vault: None };
        let store = campanile_store::open(&options).map_err(|error| Failure::other(error.to_string()))?;
        let clock = clock::choose(data, &clock::ClockFlags::default())?.engine;
        let files = Files::in_folder(data.join("uploads"));
        let contents = Arc::<StoredContents>::default();
        contents.read_from(Arc::clone(&store) as Arc<dyn Plugins>);
        let options = campanile_sandbox::Options {
            cache_folder: Some(data.join("cache")),
            contents: Some(Arc::clone(&contents) as Arc<_>),
            ..Default::default()
        };
        let sandbox = Sandbox::new(options).map_err(|error| Failure::other(error.to_string()))?;
        let shelving = Shelving::new(sandbox.clone(), Arc::clone(&store) as Arc<dyn Plugins>, contents);
        Ok(Self { sandbox, shelving, store, clock, files, tenant, data: data.to_owned() })
    }

    async fn tenant(&self) -> Result<Tenant, Failure> {
        let all = stored(self.store.tenants().await)?;
        let live: Vec<_> = all.into_iter().filter(|tenant| tenant.twin_of.is_none()).collect();
        let named = |wanted: &String| {
            live.iter().find(|tenant| tenant.id.to_string() == *wanted || tenant.name == *wanted).cloned()
        };
        match (&self.tenant, live.as_slice()) {
            (Some(wanted), _) => named(wanted)
                .ok_or_else(|| Failure::not_found(format!("there is no account {wanted:?} in this folder"))),
            (None, [only]) => Ok(only.clone()),
            (None, []) => Err(Failure::not_found(format!("{} holds no account yet", self.data.display()))
                .next("start campanile serve on it once and make an account")),
            (None, several) => {
                let names: Vec<_> = several.iter().map(|tenant| format!("{} ({})", tenant.name, tenant.id)).collect();
                Err(Failure::usage(format!(
                    "this folder holds several accounts; choose one with --tenant: {}",
                    names.join(", ")
                )))
            }
        }
    }

    fn context(&self, tenant: &Tenant) -> WriteContext {
        let engine = WriteContext::engine(tenant.key, self.clock.now(), seed());
        WriteContext { actor: campanile_domain::ports::store::Actor::Operator, ..engine }
    }

    async fn job(&self, import: &str) -> Result<Job, Failure> {
        let tenant = self.tenant().await?;
        stored(self.shelving.shelve(Some(tenant.key), None).await)?;
        let import = import.parse::<ImportId>().map_err(|error| Failure::usage(error.to_string()))?;
        let work = Work {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            entropy: Arc::new(SystemEntropy),
            shutdown: CancellationToken::new(),
            files: self.files.clone(),
            mapper: Arc::new(self.sandbox.clone()),
            tell: Arc::new(|_| {}),
            runtime: Handle::current(),
        };
        Ok(Job { work, ctx: self.context(&tenant), import })
    }

    async fn step(&self, job: &Job, to: ImportStatus) -> Result<(), Failure> {
        stored(self.store.step_import(&job.ctx, job.import, ImportStep::to(to)).await).map(drop)
    }

    /// Works on a thread that may block, and tells of the progress as it comes.
    async fn at_work(&self, job: Job, status: ImportStatus, progress: Progress<'_>) -> Result<Value, Failure> {
        let (told, mut heard) = tokio::sync::watch::channel(0);
        let (tenant, id) = (job.ctx.tenant, job.import);
        let mut working = tokio::task::spawn_blocking(move || {
            let mut tell = |count: u64| _ = told.send(count);
            match status {
                ImportStatus::Reviewing => review(&job),
                ImportStatus::Undoing => undo(&job, &mut tell),
                _ => run(&job, &mut tell),
            }
        });
        let field = if status == ImportStatus::Undoing { "removed" } else { "rows" };
        let ended = loop {
            tokio::select! {
                ended = &mut working => break ended,
                Ok(()) = heard.changed() => progress(&serde_json::json!({ field: *heard.borrow_and_update() })),
            }
        };
        stored(ended.map_err(|error| Failure::other(error.to_string()))?)?;
        shown(&stored(self.store.import(tenant, id).await)?)
    }
}

fn shown(import: &Import) -> Result<Value, Failure> {
    serde_json::to_value(import).map_err(|error| Failure::other(error.to_string()))
}

fn not_a_list(file: &Path, error: &IntakeError) -> Failure {
    Failure::invalid(format!("{}: {error} ({})", file.display(), error.code()))
}

fn cannot_be_read(file: &Path, failure: &imports::Failure) -> Failure {
    match failure {
        imports::Failure::Intake(error) => not_a_list(file, error),
        imports::Failure::Store(error) => Failure::other(error.to_string()),
        imports::Failure::Script(failure) => Failure::invalid(failure.message.clone()),
        imports::Failure::Shutdown => Failure::other("the command was stopped"),
    }
}

#[async_trait]
impl Desk for Folder {
    async fn draft(&self, name: &str) -> Result<String, Failure> {
        let tenant = self.tenant().await?;
        let assistants = stored(self.store.assistants(tenant.key).await)?;
        let Some(assistant) = assistants.first() else {
            return Err(Failure::conflict("a campaign needs an assistant, and this account has none")
                .next("make one over the API: POST /v1/assistants"));
        };
        let config = CampaignConfig::named(name);
        let made = stored(self.store.create_campaign(&self.context(&tenant), assistant.id, config).await)?;
        Ok(made.id.to_string())
    }

    async fn upload(
        &self,
        file: &Path,
        campaign: &str,
        options: &ImportOptions,
        update: bool,
        sending: Sending<'_>,
    ) -> Result<Value, Failure> {
        let tenant = self.tenant().await?;
        let campaign = campaign.parse::<CampaignId>().map_err(|error| Failure::usage(error.to_string()))?;
        let campaign = stored(self.store.campaign(tenant.key, campaign).await)?;
        let mut options = options.clone();
        if let Some(script) = &options.script {
            stored(self.shelving.shelve(Some(tenant.key), None).await)?;
            let pinned = self.sandbox.mapping(tenant.key, script).await;
            options.script = Some(pinned.map_err(|failure| Failure::not_found(failure.message))?);
        }
        let arrived = understand(&*self.store, tenant.key, &campaign, file, options).await;
        let Arrived { understood, options, mapped_by } = arrived.map_err(|failure| cannot_be_read(file, &failure))?;
        if let Err(error) = &understood.meaning {
            return Err(not_a_list(file, error));
        }
        let ctx = self.context(&tenant);
        let id =
            ImportId::mint(ctx.now, &mut <rand_chacha::ChaCha20Rng as rand_core::SeedableRng>::seed_from_u64(ctx.seed));
        let cannot =
            |error: std::io::Error| Failure::other(format!("the file cannot be copied into the folder: {error}"));
        std::fs::create_dir_all(self.files.folder()).map_err(cannot)?;
        let bytes = std::fs::copy(file, self.files.of(id)).map_err(cannot)?;
        sending(bytes, bytes);
        let new = NewImport {
            id,
            campaign: campaign.id,
            file_name: file.file_name().and_then(|name| name.to_str()).unwrap_or("upload").to_owned(),
            bytes,
            sha256: digest(&self.files.of(id))?,
            options: serde_json::to_value(&options).map_err(|error| Failure::other(error.to_string()))?,
            existing: if update { Existing::Update } else { Existing::Skip },
            understood: understood.shown(mapped_by.as_deref()),
        };
        shown(&stored(self.store.add_import(&ctx, new).await)?)
    }

    async fn review(&self, import: &str) -> Result<Value, Failure> {
        let job = self.job(import).await?;
        self.step(&job, ImportStatus::Reviewing).await?;
        self.at_work(job, ImportStatus::Reviewing, &|_| {}).await
    }

    async fn confirm(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure> {
        let job = self.job(import).await?;
        self.step(&job, ImportStatus::Running).await?;
        self.at_work(job, ImportStatus::Running, progress).await
    }

    async fn discard(&self, import: &str) -> Result<(), Failure> {
        let job = self.job(import).await?;
        stored(self.store.discard_import(&job.ctx, job.import).await)?;
        self.files.remove(job.import);
        Ok(())
    }

    async fn find(&self, file_or_id: &str, statuses: &[&str]) -> Result<String, Failure> {
        if file_or_id.starts_with("imp_") {
            return Ok(file_or_id.to_owned());
        }
        let tenant = self.tenant().await?;
        let digest = digest(Path::new(file_or_id))?;
        let mut page = Page { cursor: None, limit: 200 };
        loop {
            let listed = stored(self.store.imports(tenant.key, &ImportFilter::default(), &page).await)?;
            let of_file = |import: &&Import| import.sha256 == digest && statuses.contains(&import.status.word());
            if let Some(found) = listed.data.iter().find(of_file) {
                return Ok(found.id.to_string());
            }
            page.cursor = listed.next_cursor;
            if page.cursor.is_none() {
                return Err(super::shown::none_of(file_or_id, statuses));
            }
        }
    }

    async fn resume(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure> {
        let job = self.job(import).await?;
        if stored(self.store.import(job.ctx.tenant, job.import).await)?.status != ImportStatus::Running {
            self.step(&job, ImportStatus::Running).await?;
        }
        self.at_work(job, ImportStatus::Running, progress).await
    }

    async fn undo(&self, import: &str, progress: Progress<'_>) -> Result<Value, Failure> {
        let job = self.job(import).await?;
        if stored(self.store.import(job.ctx.tenant, job.import).await)?.status != ImportStatus::Undoing {
            self.step(&job, ImportStatus::Undoing).await?;
        }
        self.at_work(job, ImportStatus::Undoing, progress).await
    }
}
