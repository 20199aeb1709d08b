//! The body of an export. It reads a page when the connection has taken the one before, so it is bounded in memory, and holds no connection to
//! the database while its client reads.

use std::future::Future;
use std::mem;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::vec::IntoIter;

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::{Bytes, Data};

use super::running_exports::ExportPermit;
use crate::api::WireFormat;
use crate::api::export::{ExportQuery, ExportWriter};
use crate::domain::id::OrganizationId;
use crate::domain::page::PageLimit;
use crate::domain::profile::Profile;
use crate::domain::profile::list::{ProfileKeyset, ProfilePage, ProfileQuery};
use crate::domain::{Error, Result};
use crate::http::error::log_cut_answer;
use crate::http::request_record::RequestRecord;
use crate::http::service::Service;

/// How much is written before the connection gets it and other requests of the worker have a turn, in bytes: what actix takes at once.
const PIECE_BYTES: usize = 32 * 1024;

/// What a page should take when it is written, in bytes: pages of large profiles have fewer of them.
const PAGE_BYTES: u64 = 512 * 1024;

/// The profiles of the first page, when their size is not known.
const FIRST_PROFILES: u64 = 100;

type Reading = Pin<Box<dyn Future<Output = Result<ProfilePage>>>>;

/// An export while it is sent. Ends without its last line, and with the connection, if a page cannot be read.
pub(super) struct ExportStream<F> {
    service: Data<Service>,
    organization: OrganizationId,
    query: ProfileQuery,
    /// How many more profiles may follow; `None`: all.
    left: Option<u64>,
    writer: ExportWriter<F>,
    record: Rc<RequestRecord>,
    _permit: ExportPermit,
    reading: Option<Reading>,
    profiles: IntoIter<Profile>,
    /// What was written of the current page, in profiles and bytes.
    written: (u64, u64),
    /// Where the export goes on after the current page.
    next: Option<ProfileKeyset>,
    piece: Vec<u8>,
    yields: bool,
    has_ended: bool,
}

impl<F: WireFormat> ExportStream<F> {
    /// Begins the export with its first page.
    ///
    /// # Errors
    /// The page cannot be read.
    pub(super) async fn begin(
        service: Data<Service>,
        organization: OrganizationId,
        query: &ExportQuery,
        permit: ExportPermit,
        record: Rc<RequestRecord>,
    ) -> Result<Self> {
        let mut stream = Self {
            service,
            organization,
            query: query.list.clone(),
            left: query.limit.map(NonZeroU64::get),
            writer: ExportWriter::new(organization, query)?,
            record,
            _permit: permit,
            reading: None,
            profiles: Vec::new().into_iter(),
            written: (0, 0),
            next: None,
            piece: Vec::new(),
            yields: false,
            has_ended: false,
        };
        stream.writer.begin(&mut stream.piece)?;
        let page = stream.read().await?;
        stream.take(page);
        Ok(stream)
    }

    /// Reads the next page: about as many profiles as fill it, judged by those of the page before, and never many times as many.
    fn read(&mut self) -> Reading {
        let (profiles, bytes) = self.written;
        let fitting = (PAGE_BYTES * profiles).checked_div(bytes).unwrap_or(FIRST_PROFILES);
        self.query.limit = PageLimit::of_export(self.left.map_or(fitting, |left| left.min(fitting)));
        let (service, organization, query) = (self.service.clone(), self.organization, self.query.clone());
        Box::pin(async move { service.ports.profiles.list(organization, query, service.ports.clock.now()).await })
    }

    fn take(&mut self, page: ProfilePage) {
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(u64::try_from(page.items.len()).unwrap_or(u64::MAX));
        }
        self.profiles = page.items.into_iter();
        self.next = page.next;
        // A page without any says nothing about sizes.
        if self.profiles.len() > 0 {
            self.written = (0, 0);
        }
    }

    /// Writes profiles until the piece is full or the page at its end.
    fn write(&mut self) -> Result<()> {
        while self.piece.len() < PIECE_BYTES {
            let Some(profile) = self.profiles.next() else { break };
            let before = self.piece.len();
            self.writer.profile(profile, &mut self.piece)?;
            let bytes = u64::try_from(self.piece.len() - before).unwrap_or(u64::MAX);
            self.written = (self.written.0 + 1, self.written.1 + bytes);
        }
        Ok(())
    }

    /// Whether no further page is to be read: at the end, at the limit, and when the service stops, which the client can go on after.
    fn is_last_page(&self) -> bool {
        self.next.is_none() || self.left == Some(0) || self.service.is_draining()
    }

    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        loop {
            self.write()?;
            if self.profiles.len() > 0 || self.has_ended {
                break;
            }
            if self.is_last_page() {
                self.writer.end(self.next.as_ref(), &mut self.piece)?;
                self.has_ended = true;
                break;
            }
            // What was written goes out before the next page is read, unless that page is already on its way.
            if !self.piece.is_empty() {
                break;
            }
            let mut reading = self.reading.take().unwrap_or_else(|| {
                self.query.after.clone_from(&self.next);
                self.read()
            });
            match reading.as_mut().poll(context) {
                Poll::Ready(page) => self.take(page?),
                Poll::Pending => {
                    self.reading = Some(reading);
                    return Poll::Pending;
                }
            }
        }
        let piece = mem::take(&mut self.piece);
        Poll::Ready(Ok((!piece.is_empty()).then(|| piece.into())))
    }
}

impl<F: WireFormat> MessageBody for ExportStream<F> {
    type Error = Error;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        let this = self.get_mut();
        if mem::take(&mut this.yields) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let piece = ready!(this.poll_piece(context));
        this.yields = true;
        Poll::Ready(piece.inspect_err(|error| log_cut_answer(error, &this.record)).transpose())
    }
}
