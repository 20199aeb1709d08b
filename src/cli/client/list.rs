//! Lists: their flags, and paging until enough is printed.

use clap::Args;
use serde::Deserialize;
use ureq::http::Method;

use super::document::Document;
use super::namespace::{Namespace, PROFILES};
use super::output::printer::{Audience, Printer};
use super::transport::client::{Client, Request};
use crate::cli::error::CliError;

#[derive(Args, Debug)]
pub(super) struct ListProfiles<N: Namespace> {
    /// How many profiles a page holds, from 1 to 100 [default: the server's, 20]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    limit: Option<String>,
    /// asc or desc, the newest first [default: the server's, desc]
    #[arg(long, value_name = "WORD")]
    order: Option<String>,
    #[arg(long, value_name = "WORD", help = "created_at or name [default: the server's, created_at]")]
    order_by: Option<String>,
    #[arg(long, value_name = "CURSOR", help = "Where to begin: the next_page of another list")]
    page: Option<String>,
    /// How many profiles to print at most, over as many pages as it takes; -1 for all
    #[arg(long, value_name = "N", default_value = "-1", allow_negative_numbers = true)]
    max_items: i64,
    #[command(flatten)]
    filter: N::Filter,
}

#[derive(Deserialize)]
struct ProfilePage {
    data: Vec<Document>,
    next_page: Option<String>,
}

impl<N: Namespace> ListProfiles<N> {
    /// Prints profile by profile, page by page; or one page as it is.
    pub(super) fn run(self, client: &mut Client, printer: &mut Printer) -> Result<(), CliError> {
        let given = [("limit", self.limit), ("order", self.order), ("order_by", self.order_by)];
        let mut query: Vec<_> = given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        query.extend(self.filter.into());
        let mut page = self.page;
        // Any negative number means all.
        let mut left = u64::try_from(self.max_items).unwrap_or(u64::MAX);
        while left > 0 {
            let query = query.iter().cloned().chain(page.clone().map(|cursor| ("page", cursor))).collect();
            let request = Request { method: Method::GET, path: PROFILES.to_owned(), query, body: None };
            let answer = client.call(request)?;
            if printer.is_raw() {
                printer.print(&answer)?;
                return Ok(());
            }
            let not_a_page =
                |error| format!("the answer is no page ({error}): does --base-url name a user-profile service?");
            let answer: ProfilePage = serde_json::from_str(&answer).map_err(not_a_page)?;
            for profile in answer.data {
                if left == 0 || printer.print_document(profile)? == Audience::Gone {
                    return Ok(());
                }
                left -= 1;
            }
            // A page may be empty and another follow: a filter looks at a page's worth and lets through what it will.
            match answer.next_page {
                None => break,
                Some(next) if page.as_ref() == Some(&next) => {
                    return Err("the server answers the same page for ever".into());
                }
                next => page = next,
            }
        }
        Ok(())
    }
}
