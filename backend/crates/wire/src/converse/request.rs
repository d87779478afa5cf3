//! Writes a Converse request. The model stands in the path, and so does whether the answer is streamed.

use super::messages::{Messages, write_system};
use super::model::Model;
use super::thinking::{Plan, effort_word};
use super::tools::Offer;
use crate::model::{Aspect, OutputForm, Request, ServiceTier, Target, Unsayable};
use crate::write::{ObjectWriter, write_object};

/// Writes a request's body.
///
/// # Errors
/// If Converse has no word for something that an answer would be another one without. Then nothing is written.
pub fn write_request(
    request: &Request<'_>,
    target: &Target<'_>,
    into: &mut Vec<u8>,
) -> Result<(), Unsayable> {
    let said = Said::of(request, target)?;
    whole_or_nothing(into, |object| {
        said.write_input(object)?;
        said.write_settings(object);
        Ok(())
    })
}

/// Writes the body of a request that counts the tokens of another (Amazon Bedrock's API reference, "CountTokens").
///
/// # Errors
/// As [`write_request`].
pub fn write_count_request(
    request: &Request<'_>,
    target: &Target<'_>,
    into: &mut Vec<u8>,
) -> Result<(), Unsayable> {
    let said = Said::of(request, target)?;
    whole_or_nothing(into, |object| {
        let mut result = Ok(());
        object.object("input", |input| {
            input.object("converse", |converse| {
                result = said.write_input(converse);
                said.write_additional(converse);
            });
        });
        result
    })
}

fn whole_or_nothing(
    into: &mut Vec<u8>,
    write: impl FnOnce(&mut ObjectWriter<'_>) -> Result<(), Unsayable>,
) -> Result<(), Unsayable> {
    let begin = into.len();
    let mut result = Ok(());
    write_object(into, |object| result = write(object));
    if result.is_err() {
        into.truncate(begin);
    }
    result
}

/// A request and what of it is said.
struct Said<'r, 'a> {
    request: &'r Request<'a>,
    model: Model<'r>,
    offer: Offer<'r, 'a>,
    plan: Plan,
}

impl<'r, 'a> Said<'r, 'a> {
    fn of(request: &'r Request<'a>, target: &Target<'r>) -> Result<Self, Unsayable> {
        let model = Model::of(target.model);
        refuse(request, &model)?;
        let offer = Offer::of(request)?;
        let plan = Plan::of(request, &model, target.max_output, offer.forces());
        Ok(Self {
            request,
            model,
            offer,
            plan,
        })
    }

    /// What is counted as input.
    fn write_input(&self, object: &mut ObjectWriter<'_>) -> Result<(), Unsayable> {
        let messages = Messages::of(self.request, &self.model)?;
        let mut result = Ok(());
        object.array("messages", |array| result = messages.write(array));
        result?;
        write_system(&self.request.system, &self.model, object)?;
        self.offer.write(&self.model, object);
        Ok(())
    }

    fn write_settings(&self, object: &mut ObjectWriter<'_>) {
        self.write_inference(object);
        self.write_additional(object);
        self.write_output(object);
        let claude_stops = self.model.claude.is_some() && !self.request.stop.is_empty();
        if claude_stops {
            // Else the answer would not tell at which text it stopped.
            object.array("additionalModelResponseFieldPaths", |array| {
                array.text("/stop_sequence");
            });
        }
    }

    fn write_inference(&self, object: &mut ObjectWriter<'_>) {
        let request = self.request;
        let max_tokens = request.max_output.or(self.plan.needed_max_output);
        // Claude thinks at its own temperature.
        let temperature = request.temperature.filter(|_| !self.plan.thinks());
        let nothing = max_tokens.is_none()
            && temperature.is_none()
            && request.top_p.is_none()
            && request.stop.is_empty();
        if nothing {
            return;
        }
        object.object("inferenceConfig", |config| {
            if let Some(max_tokens) = max_tokens {
                config.u64("maxTokens", max_tokens);
            }
            if let Some(temperature) = temperature {
                config.f64("temperature", temperature.min(1.0));
            }
            if let Some(top_p) = request.top_p {
                config.f64("topP", top_p);
            }
            if !request.stop.is_empty() {
                config.array("stopSequences", |array| {
                    for text in &request.stop {
                        array.text(text);
                    }
                });
            }
        });
    }

    /// What Claude's models take beside.
    fn write_additional(&self, object: &mut ObjectWriter<'_>) {
        if self.request.top_k.is_none() && !self.plan.says_thinking() {
            return;
        }
        object.object("additionalModelRequestFields", |fields| {
            if let Some(top_k) = self.request.top_k {
                fields.u64("top_k", top_k);
            }
            self.plan.write(fields);
        });
    }

    fn write_output(&self, object: &mut ObjectWriter<'_>) {
        let form = self.request.output.as_ref();
        if form.is_none() && self.plan.effort.is_none() {
            return;
        }
        object.object("outputConfig", |config| {
            if let Some(effort) = self.plan.effort {
                config.text("effort", effort_word(effort));
            }
            if let Some(OutputForm::Schema {
                name,
                description,
                schema,
                ..
            }) = form
            {
                config.object("textFormat", |format| {
                    format.text("type", "json_schema");
                    format.object("structure", |structure| {
                        structure.object("jsonSchema", |json| {
                            json.text("schema", &schema.to_text());
                            json.text_if("name", name.as_deref());
                            json.text_if("description", description.as_deref());
                        });
                    });
                });
            }
        });
    }
}

/// Refuses what no part of a Converse request says.
fn refuse(request: &Request<'_>, model: &Model<'_>) -> Result<(), Unsayable> {
    let refused = |aspect, why: &str| Err(Unsayable::new(aspect, why));
    if request.top_k.is_some() && model.claude.is_none() {
        return refused(
            Aspect::TopK,
            "On Amazon Bedrock only Claude's models take this; leave it out.",
        );
    }
    for (aspect, penalty) in [
        (Aspect::FrequencyPenalty, request.frequency_penalty),
        (Aspect::PresencePenalty, request.presence_penalty),
    ] {
        if penalty.is_some_and(|penalty| penalty != 0.0) {
            return refused(
                aspect,
                "Amazon Bedrock has no penalties; leave this out or set it to 0.",
            );
        }
    }
    if request.logit_bias.is_some() {
        return refused(Aspect::LogitBias, "Amazon Bedrock has no biases; leave this out.");
    }
    if request.choices.is_some_and(|choices| choices > 1) {
        return refused(
            Aspect::Choices,
            "Amazon Bedrock gives one answer to a request; ask once for each.",
        );
    }
    if request.logprobs.is_some() {
        return refused(
            Aspect::Logprobs,
            "Amazon Bedrock tells no log probabilities; leave this out.",
        );
    }
    if request.forbids_several_calls() {
        return refused(
            Aspect::ParallelTools,
            "Amazon Bedrock has no switch for this; allow several calls in one answer.",
        );
    }
    if request.output == Some(OutputForm::Json) {
        return refused(
            Aspect::OutputForm,
            "Amazon Bedrock gives JSON by a schema alone; give one.",
        );
    }
    if matches!(
        request.service_tier,
        Some(ServiceTier::Flex | ServiceTier::Priority)
    ) {
        return refused(
            Aspect::ServiceTier,
            "Amazon Bedrock is asked on its standard tier here; leave this out.",
        );
    }
    Ok(())
}
