//! Schemas of what is serialised, as JSON Schema 2020-12.

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

/// Where OpenAPI keeps schemas.
const PLACE: &str = "/components/schemas";

pub(super) fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        // What is sent, not what would be understood: a field is required if it is never left out.
        .for_serialize()
        .with(|settings| {
            settings.definitions_path = PLACE.into();
            settings.meta_schema = None;
        })
        .with_transform(tidy)
        .into_generator()
}

fn tidy(schema: &mut Schema) {
    transform_subschemas(&mut tidy, schema);
    let required: Vec<String> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    for (name, property) in properties.into_iter().flatten() {
        // What a reader would assume in its place; nothing is in its place here.
        property.as_object_mut().map(|property| property.remove("default"));
        if !required.contains(name) {
            never_null(property);
        }
        let is_text = property["type"] == "string";
        if is_text && (name == "at" || name == "timestamp" || name == "state_since" || name.ends_with("_at")) {
            property["format"] = "date-time".into();
        }
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        // Links between items of the source lead nowhere from here.
        *text = text.replace("[`", "`").replace("`]", "`");
    }
}

/// A field that is left out when it does not apply is never null.
fn never_null(property: &mut Value) {
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            property["type"] = only.clone();
        }
    }
    if let Some(Value::Array(kinds)) = property.get_mut("anyOf") {
        kinds.retain(|kind| kind["type"] != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            if let (Some(property), Value::Object(only)) = (property.as_object_mut(), only) {
                property.remove("anyOf");
                property.extend(only);
            }
        }
    }
}
