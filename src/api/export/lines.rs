//! The lines of an export.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::csv_text::escaped;
use super::format::ExportFormat;
use super::query::ExportQuery;
use crate::api::WireFormat;
use crate::api::wire::cursor;
use crate::api::wire::scalars::WireLabel;
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrganizationId, ProfileId};
use crate::domain::label::{EnumLabel, labels};
use crate::domain::profile::external_user::ExternalUserDetails;
use crate::domain::profile::list::{ProfileKeyset, ProfileQuery};
use crate::domain::profile::metadata::Metadata;
use crate::domain::profile::relationship::Relationship;
use crate::domain::profile::{Profile, ProfileDraft};
use crate::domain::{Error, Result};

labels! {
    /// The `type` of the last line.
    TrailerType {
        /// The last line of an export.
        ExportTrailer = "export_trailer",
    }
}

/// The last line of an export. An export without it was cut.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExportTrailer {
    /// What kind of object this is.
    r#type: WireLabel<TrailerType>,
    /// How many profiles were exported.
    count: u64,
    /// Where to go on, if the export ended before the last profile: at its limit, or when the service stopped. Null at the end.
    next_page: Option<String>,
}

impl ExportTrailer {
    /// The last line of an export of `count` profiles, which is to be continued at `next_page`.
    #[must_use]
    pub const fn new(count: u64, next_page: Option<String>) -> Self {
        Self { r#type: WireLabel(TrailerType::ExportTrailer), count, next_page }
    }
}

/// Columns that begin a row, so that the last row is recognized by its first cell.
const FIRST_COLUMNS: [&str; 2] = ["type", "id"];

/// The column of the last row that holds its count and its next page.
const TRAILER_COLUMN: &str = "metadata";

/// Writes an export in the shape of the version `F`.
#[derive(Debug)]
pub struct ExportWriter<F> {
    organization: OrganizationId,
    query: ProfileQuery,
    /// `None`: NDJSON.
    columns: Option<Vec<Column>>,
    count: u64,
    version: PhantomData<fn() -> F>,
}

impl<F: WireFormat> ExportWriter<F> {
    /// Writes what `query` selects of the organization.
    ///
    /// # Errors
    /// None that a request causes.
    pub fn new(organization: OrganizationId, query: &ExportQuery) -> Result<Self> {
        let columns = match query.format {
            ExportFormat::Ndjson => None,
            ExportFormat::Csv => Some(columns::<F>()?),
        };
        Ok(Self { organization, query: query.list.clone(), columns, count: 0, version: PhantomData })
    }

    /// How many profiles were written.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Writes what stands before the first profile.
    ///
    /// # Errors
    /// None that a request causes.
    pub fn begin(&self, out: &mut Vec<u8>) -> Result<()> {
        match &self.columns {
            None => Ok(()),
            Some(columns) => write_row(out, columns.iter().map(|column| column.name.as_str())),
        }
    }

    /// Writes `profile`.
    ///
    /// # Errors
    /// None that a request causes.
    pub fn profile(&mut self, profile: Profile, out: &mut Vec<u8>) -> Result<()> {
        self.count += 1;
        let profile = F::Profile::from(profile);
        match &self.columns {
            None => write_line(out, &profile),
            Some(columns) => {
                let profile = serde_json::to_value(profile).map_err(Error::internal)?;
                write_row(out, columns.iter().map(|column| cell(column.value(&profile))))
            }
        }
    }

    /// Writes the last line. The export ends before the last profile if it is to be continued after `next`.
    ///
    /// # Errors
    /// None that a request causes.
    pub fn end(&self, next: Option<&ProfileKeyset>, out: &mut Vec<u8>) -> Result<()> {
        let next_page = next.map(|keyset| cursor::encode(self.organization, &self.query, keyset));
        let trailer = ExportTrailer::new(self.count, next_page);
        match &self.columns {
            None => write_line(out, &trailer),
            Some(columns) => {
                let end = json!({"count": trailer.count, "next_page": trailer.next_page}).to_string();
                write_row(
                    out,
                    columns.iter().map(|column| match column.name.as_str() {
                        "type" => trailer.r#type.0.as_str(),
                        TRAILER_COLUMN => end.as_str(),
                        _ => "",
                    }),
                )
            }
        }
    }
}

/// A column of a CSV export: a field of a profile, or of an object in it whose fields are fixed.
#[derive(Debug)]
struct Column {
    name: String,
    field: String,
    inner: Option<String>,
}

impl Column {
    fn value<'v>(&self, profile: &'v Value) -> &'v Value {
        let field = &profile[&self.field];
        self.inner.as_ref().map_or(field, |inner| &field[inner])
    }
}

/// The columns of the version `F`: the fields of a profile that has nothing. An object that has fields even there has a column for each of them; one
/// that is empty has keys of the platform's own, and is one column with JSON.
fn columns<F: WireFormat>() -> Result<Vec<Column>> {
    let draft = ProfileDraft {
        name: None,
        relationship: Relationship::default(),
        details: ExternalUserDetails::default(),
        metadata: Metadata::default(),
    };
    let empty = F::Profile::from(draft.into_profile(ProfileId::new(Uuid::nil()), Timestamp::UNIX_EPOCH));
    let empty = serde_json::to_value(empty).map_err(Error::internal)?;
    let fields: Map<_, _> = empty.as_object().cloned().unwrap_or_default();
    let names = fields.keys().map(String::as_str).filter(|name| !FIRST_COLUMNS.contains(name));
    let mut columns = Vec::new();
    for field in FIRST_COLUMNS.into_iter().chain(names) {
        match fields[field].as_object().filter(|inner| !inner.is_empty()) {
            Some(object) => columns.extend(object.keys().map(|inner| Column {
                name: format!("{field}.{inner}"),
                field: field.to_owned(),
                inner: Some(inner.clone()),
            })),
            None => columns.push(Column { name: field.to_owned(), field: field.to_owned(), inner: None }),
        }
    }
    Ok(columns)
}

/// A value as a cell: a text without its quotes, null empty, a list or an object as JSON.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escaped(text.clone()),
        other => other.to_string(),
    }
}

fn write_line(out: &mut Vec<u8>, line: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *out, line).map_err(Error::internal)?;
    out.push(b'\n');
    Ok(())
}

fn write_row(out: &mut Vec<u8>, cells: impl Iterator<Item = impl AsRef<[u8]>>) -> Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(cells).map_err(Error::internal)?;
    writer.flush().map_err(Error::internal)
}
