//! The request, and what comes back for it.
//!
//! APIs that call themselves OpenAI-compatible differ in what they take: strict schemas, with bounds or without, any JSON,
//! neither; and newer models refuse `max_tokens` and a temperature. What an API says it does not take is left out and asked again, within
//! the same call and never more than once for each; everything else that is not an answer is an error, because waiting and
//! repeating are the host's.

use campanile_plugin_sdk::http::{Request, Response};
use campanile_plugin_sdk::log;
use campanile_plugin_sdk::types::PluginError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::budget::Question;
use crate::settings::{Auth, Mode, Settings};

/// Characters of somebody else's sentence that an error quotes.
const QUOTED: usize = 300;

/// What the model answered.
#[derive(Debug)]
pub struct Told {
    /// Its words.
    pub content: String,
    /// What it took.
    pub tokens: Option<Tokens>,
}

/// What an answer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Tokens {
    #[serde(rename = "prompt_tokens")]
    pub input: u64,
    #[serde(rename = "completion_tokens", default)]
    pub output: u64,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    #[serde(default)]
    usage: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<Value>,
    #[serde(default)]
    refusal: Option<String>,
}

/// What is asked for; less with every "I cannot" of the API.
#[derive(Clone, Copy)]
struct Shape {
    mode: Mode,
    bounded: bool,
    newer_limit: bool,
    temperature: bool,
}

/// A parameter that an API does not take.
enum Unwanted {
    Format,
    Bounds,
    Limit,
    Temperature,
}

/// Asks the model. `schema` is that of the answer, with bounds or without.
pub fn ask(settings: &Settings, question: &Question, schema: impl Fn(bool) -> Value) -> Result<Told, PluginError> {
    let mut shape = Shape { mode: settings.mode.first(), bounded: true, newer_limit: false, temperature: true };
    loop {
        let answer = send(settings, shape, question, &schema)?;
        let Some(unwanted) = unwanted(&answer) else { return told(&answer) };
        shape = match unwanted {
            Unwanted::Bounds if shape.bounded => Shape { bounded: false, ..shape },
            Unwanted::Limit if !shape.newer_limit => Shape { newer_limit: true, ..shape },
            Unwanted::Temperature if shape.temperature => Shape { temperature: false, ..shape },
            Unwanted::Format => match shape.mode.less() {
                Some(mode) if settings.mode == Mode::Auto => Shape { mode, ..shape },
                _ => return Err(unsupported(&answer)),
            },
            _ => return told(&answer),
        };
        log::debug(&format!("the API does not take all that was asked for, asked again with less: {}", said(&answer)));
    }
}

fn send(
    settings: &Settings,
    shape: Shape,
    question: &Question,
    schema: &impl Fn(bool) -> Value,
) -> Result<Response, PluginError> {
    let Question { system, user, max_tokens } = question;
    let mut body = json!({
        "model": settings.model,
        "messages": [{ "role": "system", "content": system }, { "role": "user", "content": user }],
    });
    body[if shape.newer_limit { "max_completion_tokens" } else { "max_tokens" }] = json!(max_tokens);
    if shape.temperature {
        body["temperature"] = json!(settings.temperature);
    }
    match shape.mode {
        Mode::Auto | Mode::JsonSchema => {
            let named = json!({ "name": "answers", "strict": true, "schema": schema(shape.bounded) });
            body["response_format"] = json!({ "type": "json_schema", "json_schema": named });
        }
        Mode::JsonObject => body["response_format"] = json!({ "type": "json_object" }),
        Mode::Text => {}
    }
    let request = Request::post(format!("{}/chat/completions", settings.base_url.trim().trim_end_matches('/')))
        .json(&body)?
        .timeout_ms(settings.timeout_seconds.saturating_mul(1_000));
    let request = if settings.auth == Auth::Bearer { request.auth("key") } else { request };
    Ok(request.send()?)
}

/// Which parameter an answer says is not taken.
fn unwanted(answer: &Response) -> Option<Unwanted> {
    if !matches!(answer.status, 400 | 422) {
        return None;
    }
    let text = answer.text().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let refuses = says(&[
        "support",
        "invalid",
        "unknown",
        "unrecognized",
        "not allowed",
        "not permitted",
        "only",
        "must be",
        "cannot",
    ]);
    match () {
        () if !refuses => None,
        () if says(&["maxitems"]) => Some(Unwanted::Bounds),
        () if says(&["response_format", "json_schema", "json_object", "response format", "structured output"]) => {
            Some(Unwanted::Format)
        }
        () if says(&["max_completion_tokens"]) => Some(Unwanted::Limit),
        () if says(&["temperature"]) => Some(Unwanted::Temperature),
        () => None,
    }
}

fn unsupported(answer: &Response) -> PluginError {
    let message = format!(
        "the API does not take the form of the answer that the setting mode asks for; set it to auto, json_object or text: {}",
        said(answer)
    );
    PluginError::new("format_unsupported", message)
}

/// What an API says in its error, in its own words.
fn said(answer: &Response) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    sentence(body.get("error").unwrap_or(&body)).unwrap_or_else(|| cut(&answer.text()))
}

fn sentence(error: &Value) -> Option<String> {
    let text = error.get("message").and_then(Value::as_str).or_else(|| error.as_str());
    text.filter(|text| !text.is_empty()).map(cut)
}

/// The beginning of a text.
pub fn cut(text: &str) -> String {
    let begins: String = text.trim().chars().take(QUOTED).collect();
    if begins.len() < text.trim().len() { format!("{begins}…") } else { begins }
}

/// The model's words, or why there are none.
fn told(answer: &Response) -> Result<Told, PluginError> {
    let code_of = |error: &Value| error.get("code").or(error.get("type")).and_then(Value::as_str).map(str::to_owned);
    if !answer.is_ok() {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let code = body.get("error").and_then(code_of);
        if code.as_deref() == Some("insufficient_quota") {
            let message =
                format!("the account at the model's provider has no credit left; top it up there: {}", said(answer));
            return Err(PluginError::new("quota_spent", message));
        }
        return Err(answer.error());
    }
    let body: Body = answer.json()?;
    if let Some(error) = body.error.filter(|error| !error.is_null()) {
        let why = sentence(&error).unwrap_or_else(|| error.to_string());
        return Err(PluginError::new(
            "provider_error",
            format!("the API answered with an error instead of a text: {why}"),
        ));
    }
    let tokens = body.usage.and_then(|usage| serde_json::from_value(usage).ok());
    let failed = |code: &str, message: String| {
        let mut error = PluginError::new(code, message);
        if let Some(Tokens { input, output }) = tokens {
            error.extra =
                vec![("prompt_tokens".into(), input.to_string()), ("completion_tokens".into(), output.to_string())];
        }
        Err(error)
    };
    let Some(choice) = body.choices.unwrap_or_default().into_iter().next() else {
        return failed(
            "no_choices",
            "the model gave no answer at all (an empty list of choices); try again, or another model".into(),
        );
    };
    let Choice { message, finish_reason } = choice;
    if let Some(refusal) = message.refusal.filter(|refusal| !refusal.trim().is_empty()) {
        return failed("model_refused", format!("the model refuses to answer about this call: {}", cut(&refusal)));
    }
    match finish_reason.as_deref() {
        Some("content_filter") => {
            return failed(
                "answer_filtered",
                "the provider's content filter held the answer back; have a person read this call, or use another model".into(),
            );
        }
        Some("length") => {
            return failed(
                "answer_cut",
                "the model's answer was cut off at its longest length; raise the setting max_tokens, or ask fewer variables".into(),
            );
        }
        _ => {}
    }
    let content = message.content.as_ref().map(text_of).unwrap_or_default();
    if content.trim().is_empty() {
        return failed("answer_empty", "the model answered with an empty text; try again, or another model".into());
    }
    Ok(Told { content, tokens })
}

/// A text, or the texts of its parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect(),
        _ => String::new(),
    }
}
