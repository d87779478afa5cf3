//! Between the choice of an account and the sending: the request in the format of the account's upstream, and how its
//! answer becomes the client's. Large bodies are worked on outside the worker's thread.
//! Never in here: what any format says (that is the wire's), and sending.

mod keeping;

use crate::admit::Facts;
use crate::call::{Call, Operation};
use crate::edge::Arrival;
use crate::parts::RelayParts;
use crate::platforms;
use crate::pricing::{Pricing, Served};
use crate::refusal::Refusal;
use bytes::Bytes;
use keeping::Keeping;
use tollgate_contract::ids::TenantId;
use tollgate_contract::platform::CredentialKind;
use tollgate_scheduler::UpstreamAccount;
use tollgate_wire::bedrock;
use tollgate_wire::error::ErrorKind;
use tollgate_wire::facts::{AnswerFacts, Edit, apply, with_fields};
use tollgate_wire::fault::{AnswerFault, RequestFault};
use tollgate_wire::format::{ClientFormat, Dialect};
use tollgate_wire::gemini::code_assist;
use tollgate_wire::model::{Context, Target};
use tollgate_wire::openai_chat::{embeddings, images};
use tollgate_wire::openai_responses::compact;
use tollgate_wire::translate::{Exchange, Packing, plain_answer, translate_request};

/// Bodies from this size on are read, changed and translated outside the worker's thread: it takes a millisecond there
/// and more, in which every other request of the worker would stand still.
pub(crate) const LARGE: usize = 256 * 1024;

/// A request ready to be sent to one account.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) body: Bytes,
    /// The model's name as the upstream knows it.
    pub(crate) sent: String,
    pub(crate) dialect: Dialect,
    pub(crate) packing: Packing,
    /// Whether the body is the client's own.
    pub(crate) passes: bool,
    /// Whether the upstream is asked for a stream.
    pub(crate) stream: bool,
    /// Whether the vendor keeps the answer, so that a later request may name it.
    pub(crate) is_kept: bool,
    pub(crate) reading: Reading,
}

impl Prepared {
    /// Whether the upstream streams what the client wants in one piece.
    pub(crate) fn is_collected(&self, stream: bool) -> bool {
        self.stream && !stream
    }
}

/// How the upstream's answer is read and given to the client.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    /// An answer to a conversation.
    Answer(Box<Exchange>),
    /// A compacted history; passes.
    Compact,
    /// OpenAI's embeddings; pass.
    Embeddings,
    /// Gemini's embeddings for a client of OpenAI's.
    TranslatedEmbeddings {
        /// Whether the client wants base64.
        base64: bool,
        context: Context,
    },
    /// Gemini's own embeddings; pass, and tell no figures.
    GeminiEmbeddings,
    /// Pictures; pass.
    Images,
}

impl Reading {
    /// A whole answer as the client gets it, and what it cost.
    pub(crate) fn plain(&self, body: &Bytes) -> Result<(Bytes, AnswerFacts), AnswerFault> {
        let passing = |facts: Result<AnswerFacts, AnswerFault>| facts.map(|facts| (body.clone(), facts));
        match self {
            Self::Answer(exchange) => plain_answer(exchange, body),
            Self::Compact => passing(compact::scan_answer(body)),
            Self::Embeddings => passing(embeddings::scan_answer(body)),
            Self::TranslatedEmbeddings { base64, context } => {
                let (body, facts) = embeddings::from_gemini(body, context, *base64)?;
                Ok((body.into(), facts))
            }
            Self::GeminiEmbeddings => passing(Ok(AnswerFacts {
                usage: None,
                content_bytes: 0,
                billed_beside_tokens: false,
            })),
            Self::Images => passing(images::scan_answer(body)),
        }
    }
}

/// What preparing needs of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) parts: &'a RelayParts,
    pub(crate) arrival: &'a Arrival,
    pub(crate) call: &'a Call,
    pub(crate) facts: &'a Facts,
    pub(crate) pricing: &'a Pricing,
    /// The conversation's own bytes: of an envelope, what is in it.
    pub(crate) body: &'a Bytes,
    /// Whose request it is.
    pub(crate) tenant: TenantId,
    /// The `anthropic-beta` headers' betas.
    pub(crate) betas: &'a [String],
}

/// Makes the request for an account.
///
/// # Errors
/// A 400 where the account's format can't say what the client asks for.
pub(crate) async fn prepare(wanted: Wanted<'_>, account: &UpstreamAccount) -> Result<Prepared, Refusal> {
    let (parts, call, facts) = (wanted.parts, wanted.call, wanted.facts);
    let market = parts.deps().prices.market();
    let sent =
        platforms::sent_model(account, &facts.asked.bare, &market.book, wanted.arrival.at).into_owned();
    let responses_only = wanted.pricing.responses_only(Served::by(account), &sent);
    let (dialect, packing) = platforms::dialect(account, call.format, &sent, responses_only);
    let keeping = Keeping::of(wanted, account, dialect)?;
    let made = match call.operation {
        Operation::Generate => conversation(wanted, account, &sent, dialect, packing, keeping).await?,
        _ => other(wanted, account, &sent, dialect)?,
    };
    let (body, passes, reading) = made;
    let is_responses = call.operation == Operation::Generate && passes && dialect == Dialect::Responses;
    Ok(Prepared {
        body,
        sent,
        dialect,
        packing,
        passes,
        stream: facts.stream || keeping == Keeping::Subscription && call.operation == Operation::Generate,
        is_kept: is_responses && keeping == Keeping::AsAsked && facts.wire.store != Some(false),
        reading,
    })
}

type Made = (Bytes, bool, Reading);

async fn conversation(
    wanted: Wanted<'_>,
    account: &UpstreamAccount,
    sent: &str,
    dialect: Dialect,
    packing: Packing,
    keeping: Keeping,
) -> Result<Made, Refusal> {
    let (call, facts) = (wanted.call, wanted.facts);
    let passes = call.format.same() == Some(dialect);
    let edits = if passes {
        edits(wanted, sent, packing)
    } else {
        Vec::new()
    };
    let (body, context) = if passes && packing == Packing::Bare && wanted.body.len() < LARGE {
        (apply(wanted.body, &edits), Context::default())
    } else {
        let job = Conversation {
            client: call.format,
            dialect,
            packing,
            body: wanted.body.clone(),
            sent: sent.to_owned(),
            stream: facts.stream || keeping == Keeping::Subscription,
            max_output: wanted.pricing.output_max_of(Served::by(account), sent),
            edits,
            betas: wanted.betas.to_vec(),
            project: account.project.clone(),
            session: facts.wire.session.clone(),
            id: wanted.arrival.id.to_string(),
        };
        let work = move || job.make(passes);
        let made = if wanted.body.len() < LARGE {
            work()
        } else {
            outside(work).await?
        };
        made.map_err(|fault| faulty(&fault))?
    };
    let fields = keeping.fields(wanted);
    let body = if fields.is_empty() {
        body
    } else if body.len() < LARGE {
        with_fields(&body, &fields)
    } else {
        outside(move || with_fields(&body, &fields)).await?
    };
    let exchange = Exchange {
        client: call.format,
        wrapping: call.wrapping,
        dialect,
        packing,
        hide_usage: passes && facts.stream && facts.wire.usage_edit.is_some(),
        context: Context {
            model: facts.asked.model.clone(),
            id: wanted.arrival.id.to_string(),
            created: wanted.arrival.at.timestamp(),
            ..context
        },
    };
    Ok((body, passes, Reading::Answer(Box::new(exchange))))
}

/// Runs work on the pool for blocking work.
pub(crate) async fn outside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "work on a large body ended early");
        Refusal::unavailable("internal")
    })
}

/// A fault of the body as a refusal.
pub(crate) fn faulty(fault: &RequestFault) -> Refusal {
    let mut refusal = Refusal::for_good(ErrorKind::InvalidRequest, "invalid_request", &*fault.message);
    refusal.field = (!fault.field.is_empty()).then(|| fault.field.clone());
    refusal
}

/// What changes in a body that passes.
fn edits(wanted: Wanted<'_>, sent: &str, packing: Packing) -> Vec<Edit> {
    let (facts, mut edits) = (wanted.facts, Vec::new());
    // Always: a path may name another model than the body does, and the path's is the one that is priced. The same name
    // changes nothing. Bedrock's edits take the model out.
    if let Some(span) = &facts.wire.model_span
        && packing != Packing::Invoke
    {
        edits.push(Edit::model(span.clone(), sent));
    }
    if facts.stream {
        edits.extend(facts.wire.usage_edit.clone());
    }
    edits
}

/// A conversation's request on its way into the upstream's format; owns what it needs, so that it can change threads.
struct Conversation {
    client: ClientFormat,
    dialect: Dialect,
    packing: Packing,
    body: Bytes,
    sent: String,
    stream: bool,
    max_output: u64,
    edits: Vec<Edit>,
    betas: Vec<String>,
    project: Option<String>,
    session: Option<String>,
    id: String,
}

impl Conversation {
    fn make(self, passes: bool) -> Result<(Bytes, Context), RequestFault> {
        let (body, context) = if passes {
            (apply(&self.body, &self.edits), Context::default())
        } else {
            let target = Target {
                model: &self.sent,
                max_output: self.max_output,
            };
            let made = translate_request(self.client, self.dialect, &self.body, &target, self.stream)?;
            (made.body.into(), made.context)
        };
        let body = match self.packing {
            Packing::Invoke => apply(&body, &bedrock::invoke_edits(&body, &self.sent, &self.betas)?),
            Packing::CodeAssist => {
                let mut wrapped = Vec::with_capacity(body.len() + 512);
                let (project, session) = (self.project.as_deref(), self.session.as_deref());
                code_assist::wrap_request(&body, &self.sent, project, &self.id, session, &mut wrapped);
                wrapped.into()
            }
            Packing::Bare | Packing::Frames => body,
        };
        Ok((body, context))
    }
}

/// Everything that is no conversation: it passes where the platform is at home in it.
fn other(
    wanted: Wanted<'_>,
    account: &UpstreamAccount,
    sent: &str,
    dialect: Dialect,
) -> Result<Made, Refusal> {
    let (call, facts, body) = (wanted.call, wanted.facts, wanted.body);
    let of_openai = matches!(dialect, Dialect::Chat | Dialect::Responses);
    let of_gemini = dialect == Dialect::Gemini && account.credential_kind == CredentialKind::ApiKey;
    let passing = |reading| (apply(body, &edits(wanted, sent, Packing::Bare)), true, reading);
    match call.operation {
        Operation::Compact if of_openai => Ok(passing(Reading::Compact)),
        Operation::Draw | Operation::Embed if account.credential_kind == CredentialKind::Oauth => {
            Err(no_such(wanted, account))
        }
        Operation::Draw if of_openai => Ok(passing(Reading::Images)),
        Operation::Embed if of_openai => Ok(passing(Reading::Embeddings)),
        Operation::Embed if of_gemini => {
            let translated = embeddings::to_gemini(body, sent).map_err(|fault| faulty(&fault))?;
            let context = Context {
                model: facts.asked.model.clone(),
                id: wanted.arrival.id.to_string(),
                created: wanted.arrival.at.timestamp(),
                ..Context::default()
            };
            let base64 = embeddings::wants_base64(body);
            Ok((
                translated.into(),
                false,
                Reading::TranslatedEmbeddings { base64, context },
            ))
        }
        // Each of a batch names its model again, which the path's must be.
        Operation::GeminiEmbed { .. } if of_gemini && sent == facts.asked.bare => {
            Ok((body.clone(), true, Reading::GeminiEmbeddings))
        }
        _ => Err(no_such(wanted, account)),
    }
}

fn no_such(wanted: Wanted<'_>, account: &UpstreamAccount) -> Refusal {
    let message = format!(
        "model: `{}` is served by {}, which has no such operation.",
        wanted.facts.asked.model,
        account.platform.as_str()
    );
    Refusal::for_good(ErrorKind::NotFound, "operation_unknown", message)
}
