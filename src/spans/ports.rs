//! The tables of port methods, by the names of their spans.

/// The main table of the port methods whose spans begin with that word and a dot.
const TABLES: [(&str, &str); 18] = [
    ("api_keys", "api_keys"),
    ("clock", "schema_requirement"),
    ("deliveries", "webhook_deliveries"),
    ("enforcement", "enforcement_actions"),
    ("enrollments", "enrollments"),
    ("erasures", "erased_user_profiles"),
    ("events", "events"),
    ("expiry", "trust_grants"),
    ("history", "events"),
    ("organizations", "organizations"),
    ("profiles", "user_profiles"),
    ("quotas", "organizations"),
    ("readiness", "schema_requirement"),
    ("replicas", "replicas"),
    ("retention", "events"),
    ("statistics", "pg_class"),
    ("trust_grants", "trust_grants"),
    ("webhooks", "webhook_endpoints"),
];

/// The main table of a port method, and the method, by the name of its span.
pub(crate) fn port_method(name: &str) -> Option<(&'static str, &str)> {
    let (port, method) = name.split_once('.')?;
    let (_, table) = TABLES.into_iter().find(|(known, _)| *known == port)?;
    Some((table, method))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The names of the spans in the files below `folder`.
    fn span_names(folder: &Path, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                span_names(&path, names);
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            for begin in ["level = \"debug\", name = \"", "debug_span!(\""] {
                names.extend(text.split(begin).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
    }

    #[test]
    fn the_table_of_every_port_method_is_known() {
        let mut names = Vec::new();
        span_names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/storage"), &mut names);
        assert!(names.len() > 50, "{names:?}");
        let unknown: Vec<_> = names.iter().filter(|name| port_method(name).is_none()).collect();
        assert_eq!(unknown, [] as [&String; 0]);
        assert_eq!(port_method("profiles.look_up"), Some(("user_profiles", "look_up")));
    }
}
