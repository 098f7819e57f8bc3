//! The part of JSON Schema that `schema.json` is written in.

use serde_json::Value;

/// What of `value` is not as `schema` says, with the path to it; a field that the schema does not know is wrong here, so
/// that the schema stays complete.
pub(crate) fn violations(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(name.trim_start_matches('#')).unwrap_or_else(|| panic!("the schema lacks {name}"));
        return violations(root, target, value, path);
    }
    let mut found = Vec::new();
    let mut wrong = |what: String| found.push(format!("{path}: {what}: {}", short(value)));
    if let Some(kind) = schema["type"].as_str().filter(|kind| !is_of(value, kind)) {
        wrong(format!("no {kind}"));
    }
    if let Some(values) = schema["enum"].as_array().filter(|values| !values.contains(value)) {
        wrong(format!("none of {values:?}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            wrong(format!("lacks {name}"));
        }
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices.iter().filter(|choice| violations(root, choice, value, path).is_empty()).count();
        if fitting != 1 {
            wrong(format!("fits {fitting} of the alternatives"));
        }
    }
    // Statements and expressions have fields by their kind, which the interpreter's own reader checks.
    let open = ["stmt", "expr"].iter().any(|tag| schema["properties"].get(tag).is_some());
    for (name, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        match schema["properties"].get(name) {
            Some(schema) => found.extend(violations(root, schema, inner, &path)),
            None if open || schema.get("properties").is_none() => {}
            None => found.push(format!("{path} is not in the schema")),
        }
    }
    if let (Some(items), Some(schema)) = (value.as_array(), schema.get("items")) {
        let each = items.iter().enumerate();
        found.extend(each.flat_map(|(at, item)| violations(root, schema, item, &format!("{path}[{at}]"))));
    }
    found
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => panic!("the schema has a type {other}"),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}
