//! A tenant is never among the dimensions of a metric: each would be a metric of its own, and paid for.

use std::fs;

use local::project;
use serde_json::Value;

use crate::document::Document;

/// The names of all dimensions in a template, at any depth.
fn in_template(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| in_template(item, names)),
        Value::Object(members) => {
            for (member, inner) in members {
                if member == "Dimensions" {
                    let dimensions = inner.as_array().into_iter().flatten();
                    let named =
                        dimensions.filter_map(|one| one["Name"].as_str().or(one["Key"].as_str()));
                    names.extend(named.map(str::to_owned));
                }
                in_template(inner, names);
            }
        }
        _ => {}
    }
}

/// The names in the sets of dimensions that a source declares.
fn in_source(text: &str) -> Vec<String> {
    let declared = text.split("DIMENSIONS: &[DimensionSet] = ").skip(1);
    let sets = declared.filter_map(|rest| rest.split(';').next());
    sets.flat_map(|set| set.split('"').skip(1).step_by(2).map(str::to_owned))
        .collect()
}

fn is_tenants(name: &str) -> bool {
    name.to_lowercase().contains("tenant")
}

#[test]
fn no_metric_is_a_tenants() {
    let mut names = Vec::new();
    let infra = fs::read_dir(project::root().join("infra")).unwrap();
    let paths = infra.map(|file| file.unwrap().path());
    let templates = paths.filter(|path| path.extension().is_some_and(|kind| kind == "yaml"));
    let mut count = 0;
    for path in templates {
        let file = path.file_name().unwrap().to_str().unwrap();
        in_template(&Document::read(&format!("infra/{file}")).value, &mut names);
        count += 1;
    }
    assert!(count >= 3, "{count} nested templates");
    in_template(&Document::read("template.yaml").value, &mut names);
    for file in fs::read_dir(project::root().join("shared/src/telemetry")).unwrap() {
        names.extend(in_source(
            &fs::read_to_string(file.unwrap().path()).unwrap(),
        ));
    }
    for known in ["ExecutedVersion", "route", "job", "service"] {
        assert!(
            names.iter().any(|name| name == known),
            "{known} was not found"
        );
    }
    let tenants: Vec<_> = names.iter().filter(|name| is_tenants(name)).collect();
    assert!(tenants.is_empty(), "{tenants:?}");
}

#[test]
fn a_tenant_among_the_dimensions_is_found() {
    let from = "{Name: FunctionName, Value: !Ref FunctionName}";
    let broken = Document::broken("infra/canary.yaml", from, "{Name: TenantId, Value: x}");
    let mut names = Vec::new();
    in_template(&broken.value, &mut names);
    assert!(names.iter().any(|name| is_tenants(name)), "{names:?}");
    let text = r#"const DIMENSIONS: &[DimensionSet] = &[&["service", "tenant.id"]];"#;
    assert!(in_source(text).iter().any(|name| is_tenants(name)));
}
