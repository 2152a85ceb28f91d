//! The contract in short, kept: a change of what clients see is seen here.

use std::fmt::Write as _;

use serde_json::Value;

fn document() -> Value {
    crate::http::routes::routes().document()
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// A schema as one would write it by hand.
fn short(schema: &Value) -> String {
    if let Some(place) = schema["$ref"].as_str() {
        return place.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(kinds) = schema["anyOf"].as_array() {
        return kinds.iter().map(short).collect::<Vec<_>>().join(" | ");
    }
    if let Some(names) = schema["enum"].as_array().or(schema["oneOf"].as_array()) {
        return names
            .iter()
            .map(|name| name["const"].as_str().map_or(name.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join(" | ");
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
        _ => "anything".into(),
    };
    match (kind.as_str(), schema["format"].as_str()) {
        ("array", _) => format!("[{}]", short(&schema["items"])),
        ("string", Some("date-time")) => "time".into(),
        _ => kind,
    }
}

fn contract(document: &Value) -> String {
    let mut text = String::new();
    for (path, methods) in object(&document["paths"]) {
        for (method, operation) in object(methods) {
            let _ = write!(text, "{} {path}", method.to_uppercase());
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
                let _ = write!(text, " ?{}", parameter["name"].as_str().unwrap_or_default());
            }
            text.push_str("\n   ");
            for (status, response) in object(&operation["responses"]) {
                let failure = "#/components/schemas/Failure";
                let _ = match object(&response["content"]).next() {
                    Some((_, content)) if content["schema"]["$ref"] == failure => write!(text, " {status}"),
                    Some((media, content)) if media == "application/json" => {
                        write!(text, " {status} {}", short(&content["schema"]))
                    }
                    Some((media, _)) => write!(text, " {status} {media}"),
                    None => write!(text, " {status}"),
                };
            }
            text.push('\n');
        }
    }
    for (name, schema) in object(&document["components"]["schemas"]) {
        if schema["properties"].is_null() {
            let _ = write!(text, "\n{name} = {}\n", short(schema));
            continue;
        }
        let _ = write!(text, "\n{name}\n");
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (field, schema) in object(&schema["properties"]) {
            let mark = if required.contains(&field.as_str()) { "" } else { "?" };
            let _ = writeln!(text, "    {field}{mark}: {}", short(schema));
        }
    }
    text
}

#[test]
fn what_clients_rely_on() {
    insta::assert_snapshot!("contract", contract(&document()));
}

#[test]
fn every_field_and_route_is_explained() {
    let document = document();
    let guide = include_str!("../../../../../docs/api.md");
    for (path, methods) in object(&document["paths"]) {
        assert!(guide.contains(path.as_str()), "docs/api.md says nothing of {path}");
        for (_, operation) in object(methods) {
            assert!(
                operation["summary"].as_str().is_some_and(|text| text.ends_with('.') || text.contains("; ")),
                "{path}"
            );
        }
    }
    for (name, schema) in object(&document["components"]["schemas"]) {
        assert!(schema["description"].is_string(), "{name} has no doc comment");
    }
}
