//! Looking at answers, written exactly: what stands at a place, whether it is what was expected, and whether an object has
//! the fields of its table, each within its range. A place is a path, as `data.userId`.

use super::compare::Difference;
use dialects::fields::{Field, Spelling};
use serde_json::Value;

/// What a look comes to.
pub(super) type Looked = Result<(), Difference>;

/// What stands at a place; null where there is nothing.
pub(super) fn at<'a>(answer: &'a Value, path: &str) -> &'a Value {
    let steps = path.split('.').filter(|step| !step.is_empty());
    steps.fold(answer, |value, step| value.get(step).unwrap_or(&Value::Null))
}

/// Whether this stands there.
pub(super) fn is(answer: &Value, path: &str, wanted: &Value) -> Looked {
    let found = at(answer, path);
    if found == wanted || found.as_f64().is_some_and(|found| Some(found) == wanted.as_f64()) {
        return Ok(());
    }
    Err(Difference::new(path, format!("is {found}, not {wanted}")))
}

/// Whether each object of the list at a place has these fields.
pub(super) fn each_has(answer: &Value, path: &str, names: &[&str]) -> Looked {
    let items = at(answer, path).as_array().into_iter().flatten();
    for item in items {
        if let Some(name) = names.iter().find(|name| at(item, name).is_null()) {
            return Err(Difference::new(format!("{path}[].{name}"), "is missing"));
        }
    }
    Ok(())
}

/// Whether the object at a place has all fields of a table but the optional ones, each within its range.
pub(super) fn fits(answer: &Value, path: &str, table: &[Field], optional: &[&str]) -> Looked {
    let object = at(answer, path);
    for field in table {
        let place = || match path {
            "" => field.name.to_owned(),
            path => format!("{path}.{}", field.name),
        };
        let told = at(object, field.name);
        if told.is_null() {
            if !optional.contains(&field.name) {
                return Err(Difference::new(place(), "is missing"));
            }
            continue;
        }
        within(field, told, Spelling::Json, place)?;
    }
    Ok(())
}

/// Whether a field's value is within the document's limits, spelled so.
pub(super) fn within(
    field: &Field,
    told: &Value,
    spelling: Spelling,
    place: impl FnOnce() -> String,
) -> Looked {
    let read = field.exact(told, spelling);
    read.map(drop)
        .map_err(|error| Difference::new(place(), format!("is {}, which is not {}", error.got, error.limit)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialects::fields::Kind;
    use serde_json::json;

    #[test]
    fn what_is_missing_or_out_of_range_is_named_with_its_place() {
        const TABLE: &[Field] = &[
            Field::new("a", Kind::Integer(0, 3)),
            Field::new("b", Kind::Text(4)),
        ];
        let path = |answer: Value| fits(&answer, "data", TABLE, &["b"]).map_err(|found| found.path);
        assert_eq!(path(json!({"data": {"a": 1}})), Ok(()));
        assert_eq!(path(json!({"data": {"b": "x"}})), Err("data.a".to_owned()));
        assert_eq!(
            path(json!({"data": {"a": 4, "b": "x"}})),
            Err("data.a".to_owned())
        );
        let list = json!({"list": [{"id": 1}, {}]});
        assert_eq!(each_has(&list, "list", &["id"]).unwrap_err().path, "list[].id");
        assert!(is(&json!({"a": {"b": 5}}), "a.b", &json!(5.0)).is_ok());
        assert!(is(&json!({"a": 5}), "a.b", &json!(5)).is_err());
    }
}
