//! What the database holds, read behind the service's back.

use sqlx::Row;

use super::database::Database;

impl Database {
    /// Every column of every row of every table, as text.
    pub(crate) fn dump(&self) -> String {
        let tables = self.texts("select quote_ident(tablename) from pg_tables where schemaname = 'public' order by 1");
        assert!(tables.len() > 8, "{tables:?}");
        let rows = |table: &String| self.texts(&format!("select t::text from {table} t")).join("\n");
        tables.iter().map(rows).collect::<Vec<_>>().join("\n")
    }

    /// The one text column of the rows that `sql` finds.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        self.row(&format!("select coalesce(array_agg(found.text), '{{}}') from ({sql}) as found (text)")).get(0)
    }

    /// How many rows `table` has.
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.row(&format!("select count(*) from {table}")).get(0)
    }
}

/// As a dump shows bytes.
pub(crate) fn hexadecimal(text: &str) -> String {
    text.bytes()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
