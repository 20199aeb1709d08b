//! The `list` verb: prints profiles page by page.

use clap::Args;
use serde::Deserialize;

use super::document::Document;
use super::filter::Filter;
use super::input::Input;
use super::namespace::{Namespace, PROFILES};
use super::output::printer::{Printer, StdoutState};
use super::transport::client::{Client, Request};
use crate::cli::error::CliError;

#[derive(Args, Debug)]
pub(super) struct ListProfiles<N: Namespace> {
    /// The size of a page, from 1 to 100 [default: 20, by the server]
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// asc (oldest first) or desc (newest first) [default: desc, by the server]
    #[arg(long, value_name = "VALUE")]
    order: Option<String>,
    #[arg(long, value_name = "VALUE", help = "created_at or name [default: created_at, by the server]")]
    order_by: Option<String>,
    #[arg(long, value_name = "CURSOR", help = "The cursor to start at: next_page of an earlier page")]
    page: Option<String>,
    /// The maximum number of profiles to print, over all pages; -1 for all
    #[arg(long, value_name = "N", default_value = "-1")]
    max_items: i64,
    #[command(flatten)]
    filter: N::FilterArgs,
}

#[derive(Deserialize)]
struct ProfilePage {
    data: Vec<Document>,
    next_page: Option<String>,
}

impl<N: Namespace> ListProfiles<N> {
    /// Prints profile by profile; with `--format raw`, one page as the server sent it.
    ///
    /// # Errors
    /// The input has a value that is not a text, a page was not received, or standard output cannot be written.
    pub(super) fn run(self, mut input: Input, client: &mut Client, printer: &mut Printer) -> Result<(), CliError> {
        let mut query = Vec::new();
        for (name, flag) in [("limit", self.limit), ("order", self.order), ("order_by", self.order_by)] {
            let piped = input.take(name)?;
            query.extend(flag.or(piped).map(|value| (name.to_owned(), value)));
        }
        query.extend(self.filter.into_query(&mut input)?);
        let piped_page = input.take("page")?;
        let mut page = self.page.or(piped_page);
        // Negative: all.
        let mut left = u64::try_from(self.max_items).unwrap_or(u64::MAX);
        while left > 0 {
            let query = query.iter().cloned().chain(page.clone().map(|cursor| ("page".to_owned(), cursor))).collect();
            let answer = client.call(Request { query, ..Request::get(PROFILES.to_owned()) })?.body;
            if printer.is_raw() {
                printer.print(&answer)?;
                return Ok(());
            }
            let not_a_page =
                |error| format!("the answer is not a page ({error}): does --base-url name a user-profile service?");
            let answer: ProfilePage = serde_json::from_str(&answer).map_err(not_a_page)?;
            for profile in answer.data {
                if left == 0 || printer.print_document(profile)? == StdoutState::Closed {
                    return Ok(());
                }
                left -= 1;
            }
            // A page may be empty and still have a next one: filters are applied after a page is read.
            match answer.next_page {
                None => break,
                Some(next) if page.as_ref() == Some(&next) => {
                    return Err("the server returns the same page again and again".into());
                }
                next => page = next,
            }
        }
        Ok(())
    }
}
