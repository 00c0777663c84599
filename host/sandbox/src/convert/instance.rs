//! What installed plugins of every kind answer about themselves, and the measures that their answers are held to.

use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::{Checked, Choice, Health};

use crate::contract::campanile::plugin::types;
use crate::fault::Fault;

/// The longest sentence that is kept, in characters.
const SENTENCE: usize = 500;
/// The longest code, in bytes.
const CODE_BYTES: usize = 64;
/// Choices of one setting.
const CHOICES: usize = 1_000;
/// Settings and secrets that may be missing.
const MISSING: usize = 100;

pub fn invalid(what: impl Into<String>) -> Fault {
    Fault::OutputInvalid { what: what.into() }
}

/// A text for people, cut to what is kept.
pub fn sentence(text: &str) -> String {
    text.chars().take(SENTENCE).collect()
}

/// A text for machines: 1 to 64 bytes.
pub fn code(what: &str, code: String) -> Result<String, Fault> {
    if code.is_empty() || code.len() > CODE_BYTES {
        return Err(invalid(format!("{what} has {} bytes; a code has 1 to {CODE_BYTES}", code.len())));
    }
    Ok(code)
}

/// At most so many of something.
pub fn at_most(what: &str, count: usize, most: usize) -> Result<(), Fault> {
    if count > most {
        return Err(invalid(format!("there are {count} {what}; {most} are allowed")));
    }
    Ok(())
}

/// The bytes of an answer against what the kind allows.
pub fn fits(bytes: usize, allowed: usize) -> Result<(), Fault> {
    if bytes > allowed {
        return Err(invalid(format!("it has {bytes} bytes; {allowed} are allowed")));
    }
    Ok(())
}

/// What `check` found.
pub fn checked(checked: types::Checked) -> Result<Checked, Fault> {
    at_most("missing settings", checked.missing.len(), MISSING)?;
    let health = match checked.health {
        types::Health::Ready => Health::Ready,
        types::Health::Misconfigured => Health::Misconfigured,
        types::Health::Unreachable => Health::Unreachable,
    };
    let missing = checked.missing.iter().map(|name| sentence(name)).collect();
    Ok(Checked { health, summary: sentence(&checked.summary), missing })
}

/// The choices for a setting.
pub fn choices(choices: Vec<types::Choice>, allowed: usize) -> Result<Vec<Choice>, Fault> {
    at_most("choices", choices.len(), CHOICES)?;
    fits(choices.iter().map(|choice| choice.value.len() + choice.label.len()).sum(), allowed)?;
    Ok(choices.into_iter().map(|choice| Choice { value: choice.value, label: choice.label }).collect())
}

/// A plugin's failure as part of an answer.
pub fn failure(error: types::PluginError) -> Result<PluginFailure, Fault> {
    Ok(PluginFailure {
        code: code("the code of a failure", error.code)?,
        message: sentence(&error.message),
        retry_after_ms: error.retry_after_ms,
    })
}

/// Bytes of what later versions may add.
pub fn size_extra(extra: &types::Extra) -> usize {
    extra.iter().map(|(name, value)| name.len() + value.len()).sum()
}
