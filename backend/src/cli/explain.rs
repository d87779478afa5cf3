//! `tollgate explain`: where a tenant's request would go now, and why. Nothing is sent. States are those of the database;
//! what is in flight, each node knows for itself.

use super::{CliError, WithDatabase, database, out};
use crate::app::parts;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_contract::schedule::ScheduleAnswer;
use tollgate_scheduler::models::{home_of, meant};
use tollgate_scheduler::{Eyes, Scheduler, Wish};
use tollgate_store::{ChangeFeed, Clock, Db, Secrets};

#[derive(Debug, Args)]
pub struct Question {
    /// The tenant's short name.
    slug: String,
    /// The model asked for.
    model: String,
    /// The client's path, which decides where a model goes whose name says nothing of its platform.
    #[arg(long, default_value = "/api/v1/messages", value_name = "PATH")]
    path: String,
    #[command(flatten)]
    on: WithDatabase,
}

pub fn run(question: &Question, config: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let (settings, _) = database::settings(config.clone(), question.on)?;
    let secrets = parts::secrets(&settings, &Clock::system())?;
    let answer = database::run(config, question.on, async |db| ask(&db, secrets, question).await)??;
    out::line(&answer.sentence);
    for one in &answer.considered {
        let (name, platform, code, text) = (&one.name, one.platform.as_str(), &one.code, &one.text);
        out::line(format_args!("  {name:<32} {platform:<18} {code:<16} {text}"));
    }
    Ok(if answer.picked.is_some() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn ask(db: &Db, secrets: Secrets, question: &Question) -> Result<ScheduleAnswer, CliError> {
    let (slug, path) = (&question.slug, &question.path);
    let tenant = db.resolve_slug(slug).await?;
    let tenant = tenant.ok_or_else(|| {
        CliError::Said(format!(
            "there is no tenant `{slug}`; `tollgate tenant list` shows all"
        ))
    })?;
    let home = home_of(path)
        .ok_or_else(|| CliError::Said(format!("`{path}` is no path to which clients send requests")))?;
    let scheduler = Scheduler::new(db, secrets, &ChangeFeed::new(db));
    let pool = scheduler.pool(tenant).await?;
    let meant = meant(home, &question.model, &pool);
    let wish = Wish {
        tenant,
        platforms: meant.platforms,
        named_on: meant.named_on,
        model: meant.bare,
        bindings: &[],
        own_only: false,
        pinned: None,
        sticky: None,
        tried: &[],
    };
    // Whoever can run this can read the database.
    Ok(scheduler.dry_run(&pool, &wish, Eyes::Platform))
}
