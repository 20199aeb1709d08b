//! Rows that are written in parts, a statement each. A part that Postgres refuses is written again in halves, so that the broken row fails
//! alone.

use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::domain::Result;
use crate::domain::profile::batch::BatchPace;
use crate::storage::pool::error::StorageError;

/// The most bytes of texts in a part, but for a single row.
const PART_BYTES: usize = 1024 * 1024;

/// The most rows of a part of a batch that shares Postgres: what takes one to two milliseconds there. Longer statements keep a core for as
/// long as the system lets them, about 4 ms, before others have their turn: a lone batch's 500 rows made the 99th percentile of another
/// organization's retrieves 4.2 ms, where parts of 64 made it 2.4 to 3.3. They cost a sixth of the rows per second.
const SHARED_PART_ROWS: usize = 64;

/// The outcomes of rows, in their order.
pub(super) type Outcomes<T> = std::result::Result<Vec<Result<T>>, StorageError>;

/// How the rows of a kind are written.
pub(super) trait PartWriter: Send {
    type Row: Sync;
    type Outcome: Send;

    /// The most rows of a part of a batch that need not share Postgres.
    const PART_ROWS: usize;

    /// The bytes of the texts of `row`.
    fn bytes(row: &Self::Row) -> usize;

    /// Writes `rows`, all or none; one that breaks a rule of the domain fails alone.
    fn write(
        &mut self,
        connection: &mut PgConnection,
        rows: &[Self::Row],
    ) -> impl Future<Output = Outcomes<Self::Outcome>> + Send;
}

/// Writes `rows` at `pace` within the transaction of `connection`.
///
/// # Errors
/// What is no fault of a row; the transaction has to be rolled back then.
pub(super) async fn write_in_parts<W: PartWriter>(
    connection: &mut PgConnection,
    mut writer: W,
    rows: &[W::Row],
    pace: BatchPace,
) -> Outcomes<W::Outcome> {
    let most_rows = match pace {
        BatchPace::Fast => W::PART_ROWS,
        BatchPace::Shared => W::PART_ROWS.min(SHARED_PART_ROWS),
    };
    let mut outcomes = Vec::with_capacity(rows.len());
    let mut rest = rows;
    while !rest.is_empty() {
        let (part, later) = rest.split_at(part_length::<W>(rest, most_rows));
        write_in_halves(connection, &mut writer, part, &mut outcomes).await?;
        rest = later;
    }
    Ok(outcomes)
}

async fn write_in_halves<W: PartWriter>(
    connection: &mut PgConnection,
    writer: &mut W,
    part: &[W::Row],
    outcomes: &mut Vec<Result<W::Outcome>>,
) -> std::result::Result<(), StorageError> {
    let mut waiting = vec![part];
    while let Some(rows) = waiting.pop() {
        // Within a transaction, this is a savepoint.
        let mut savepoint = connection.begin().await?;
        match writer.write(&mut savepoint, rows).await {
            Ok(written) => {
                savepoint.commit().await?;
                outcomes.extend(written);
            }
            Err(failure) if failure.is_of_a_row() => {
                savepoint.rollback().await?;
                if rows.len() == 1 {
                    outcomes.push(Err(failure.into()));
                } else {
                    let (first, later) = rows.split_at(rows.len() / 2);
                    waiting.extend([later, first]);
                }
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// How many of `rows` make the next part: one at least, and `most_rows` at most.
fn part_length<W: PartWriter>(rows: &[W::Row], most_rows: usize) -> usize {
    let mut bytes = 0;
    let fits = |row: &&W::Row| {
        bytes += W::bytes(row);
        bytes <= PART_BYTES
    };
    rows.iter().take(most_rows).take_while(fits).count().max(1)
}
