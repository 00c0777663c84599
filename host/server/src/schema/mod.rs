//! What goes over the wire, for the OpenAPI document.
//!
//! The domain's types are what is really sent, and they know nothing of OpenAPI; these are their portraits. Nothing is
//! ever built from them. They cannot drift: the tests hold every answer of every endpoint against its portrait, and a
//! field that is sent but not painted, or painted but not sent, fails.

pub mod assistants;
pub mod audit;
pub mod balance;
pub mod calls;
pub mod campaigns;
pub mod events;
pub mod explain;
pub mod hours;
pub mod imports;
pub mod leads;
pub mod plugins;
pub mod privacy;
pub mod replay;
pub mod scripts;
pub mod sinks;
pub mod sources;
pub mod tenants;
pub mod webhooks;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// One page of a list.
#[derive(ToSchema)]
pub struct Listed<T: ToSchema> {
    /// The rows.
    pub data: Vec<T>,
    /// Send it as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

/// The portrait `T` as a body that has these fields and no others, of which those have to be sent. What is answered is made of
/// several portraits, and a part of it cannot say what the whole does not have.
fn closed<T: PartialSchema>(required: &[&str]) -> Object {
    let RefOr::T(Schema::Object(mut painted)) = T::schema() else { return Object::new() };
    painted.required = required.iter().map(|name| (*name).to_owned()).collect();
    painted.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    painted
}

/// A piece of data under a name: a text, a number, true, false, or null for undetermined. An integer that a double cannot tell
/// from its neighbours is written as a text.
pub struct VariableValue;

impl PartialSchema for VariableValue {
    fn schema() -> RefOr<Schema> {
        let exact = 9_007_199_254_740_991_i64;
        let kinds = [Type::String, Type::Number, Type::Boolean, Type::Null];
        let about = "A text, a number, true, false, or null for undetermined. Larger integers are written as texts.";
        let painted = ObjectBuilder::new().schema_type(SchemaType::from_iter(kinds)).description(Some(about));
        Schema::Object(painted.minimum(Some(-exact)).maximum(Some(exact)).build()).into()
    }
}

impl ToSchema for VariableValue {}
