//! Calling hours, in both of their shapes.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const FROM: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]$";
const TO: &str = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$";

/// Calling hours: ranges by day, or one range for several days. An end before its beginning is on the next day.
pub struct Hours;

fn time(pattern: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).build()
}

fn closed(object: ObjectBuilder) -> Object {
    object.schema_type(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(false))).build()
}

impl PartialSchema for Hours {
    fn schema() -> RefOr<Schema> {
        let range = closed(
            ObjectBuilder::new().property("from", time(FROM)).property("to", time(TO)).required("from").required("to"),
        );
        let ranges = || ArrayBuilder::new().items(range.clone()).build();
        let by_day = DAYS.iter().fold(ObjectBuilder::new(), |days, day| days.property(*day, ranges()));
        let day = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(DAYS)).build();
        let short = ObjectBuilder::new()
            .property("start", time(FROM))
            .property("end", time(TO))
            .property("days", ArrayBuilder::new().items(day).build());
        let short = ["start", "end", "days"].iter().fold(short, |short, name| short.required(*name));
        let about = r#"`{"monday": [{"from": "09:00", "to": "18:00"}]}` or `{"start": "09:00", "end": "18:00", "days": ["monday"]}`."#;
        let both = OneOfBuilder::new().item(closed(by_day)).item(closed(short)).description(Some(about));
        Schema::OneOf(both.build()).into()
    }
}

impl ToSchema for Hours {}
