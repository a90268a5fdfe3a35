//! The callers of a clinic, page by page.

use super::asking::{app, viewer};
use super::caller::{Caller, CallerStatus};
use super::date_time::DateTime;
use super::fault::{Failure, or_null};
use crate::domain::caller::Arrival;
use crate::domain::id::CallerId;
use crate::domain::policy::Within;
use crate::ports::store::{CallerList, CallerPage};
use async_graphql::{Context, InputType, Name, Object, SelectionField, SimpleObject, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Callers of a page when nobody says how many.
const PAGE: i64 = 100;
/// Most callers of a page.
const LARGEST_PAGE: i64 = 500;
/// What reading a page costs, beside its fields: two queries to the store.
const COST_OF_PAGE: usize = 20;
/// What it costs to see whether codes are paused: a query to the store.
const COST_OF_PAUSE: usize = 10;
/// The longest cursor that is looked at, in bytes. Ours have some 70.
const LONGEST_CURSOR: usize = 256;

/// A clinic's waiting area, with the pages that were asked of it.
///
/// The pages are read with the waiting area itself and not by their own resolver: a page cannot be
/// null, so only the waiting area can be when a page cannot be had.
pub struct WaitingArea {
    within: Within,
    version: i64,
    pages: Vec<(String, CallerConnection)>,
}

impl WaitingArea {
    /// Reads the pages that the request selects.
    ///
    /// # Errors
    /// When the arguments of a page are wrong, or the store fails.
    pub(super) async fn read(
        ctx: &Context<'_>,
        within: &Within,
        version: i64,
    ) -> Result<Self, Failure> {
        let mut pages: Vec<(String, CallerConnection)> = Vec::new();
        let mut shown = None;
        for field in ctx
            .field()
            .selection_set()
            .filter(|field| field.name() == "callers")
        {
            let key = response_key(&field);
            // Named again, by a fragment: validation has made sure that it is the same page.
            if pages.iter().any(|(read, _)| *read == key) {
                continue;
            }
            let arguments = field
                .arguments()
                .map_err(|error| bad_input(error.message))?;
            let page = PageArguments::parse(arguments)?.page()?;
            let list = app(ctx).callers(within, &page).await?;
            // That of the first page: the others are no older, so who follows from it misses nothing.
            shown.get_or_insert(list.version);
            pages.push((key, CallerConnection::new(ctx, &page, list)));
        }
        Ok(Self {
            within: within.clone(),
            version: shown.unwrap_or(version),
            pages,
        })
    }
}

fn response_key(field: &SelectionField<'_>) -> String {
    field.alias().unwrap_or_else(|| field.name()).to_owned()
}

/// The waiting area of a clinic, as its staff see it.
#[Object]
impl WaitingArea {
    /// Grows by one with every change in this waiting area.
    async fn version(&self) -> i64 {
        self.version
    }

    /// Until when no codes are sent to this clinic's callers, who keep their places and can wait on
    /// screen, or be verified by staff (`verifyCallerPhone`). It is so when fewer than 20 % of at least
    /// 20 codes of the last hour were ever entered, or when 100 of them are not. Null when codes go out.
    #[graphql(complexity = "COST_OF_PAUSE + child_complexity")]
    async fn codes_paused_until(&self, ctx: &Context<'_>) -> Option<DateTime> {
        let until = app(ctx).codes_paused_until(&self.within).await;
        or_null(ctx, until)?.map(Into::into)
    }

    /// In arrival order, a page at a time, forwards with `first` and `after` or backwards with `last`
    /// and `before`. Without any of them, the first 100.
    #[graphql(complexity = "cost_of_page(first, last, child_complexity)")]
    #[expect(
        clippy::unused_async,
        reason = "a resolver with arguments has to be async"
    )]
    async fn callers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning; 100 unless given, at most 500.")]
        first: Option<i64>,
        #[graphql(desc = "Only those behind the caller with this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 500. Not together with `first`.")]
        last: Option<i64>,
        #[graphql(desc = "Only those ahead of the caller with this cursor.")] before: Option<
            String,
        >,
        #[graphql(desc = "Only callers of these statuses; left out or empty, of all of them.")]
        statuses: Option<Vec<CallerStatus>>,
    ) -> Result<CallerConnection, Failure> {
        // They have had their effect: see the type.
        let _ = (first, after, last, before, statuses);
        let key = ctx.item.node.response_key().node.as_str();
        let page = self.pages.iter().find(|(read, _)| read == key);
        page.map(|(_, page)| page.clone())
            .ok_or_else(|| bad_input("This page was not read."))
    }
}

fn bad_input(message: impl Into<String>) -> Failure {
    Failure::BadInput(message.into())
}

fn cost_of_page(first: Option<i64>, last: Option<i64>, child: usize) -> usize {
    let size = first.or(last).unwrap_or(PAGE).clamp(0, LARGEST_PAGE);
    let size = usize::try_from(size).unwrap_or_default();
    size.saturating_mul(child).saturating_add(COST_OF_PAGE)
}

#[derive(Default)]
struct PageArguments {
    first: Option<i64>,
    after: Option<String>,
    last: Option<i64>,
    before: Option<String>,
    statuses: Option<Vec<CallerStatus>>,
}

impl PageArguments {
    fn parse(given: Vec<(Name, Value)>) -> Result<Self, Failure> {
        fn read<T: InputType>(name: &Name, value: Value) -> Result<T, Failure> {
            T::parse(Some(value)).map_err(|_| bad_input(format!("`{name}` cannot be read.")))
        }
        let mut arguments = Self::default();
        for (name, value) in given {
            match name.as_str() {
                "first" => arguments.first = read(&name, value)?,
                "after" => arguments.after = read(&name, value)?,
                "last" => arguments.last = read(&name, value)?,
                "before" => arguments.before = read(&name, value)?,
                "statuses" => arguments.statuses = read(&name, value)?,
                _ => {}
            }
        }
        Ok(arguments)
    }

    fn page(self) -> Result<CallerPage, Failure> {
        if self.first.is_some() && self.last.is_some() {
            return Err(bad_input(
                "Ask for the `first` or the `last` callers, not for both.",
            ));
        }
        for (name, count) in [("first", self.first), ("last", self.last)] {
            if count.is_some_and(|count| !(0..=LARGEST_PAGE).contains(&count)) {
                return Err(bad_input(format!(
                    "`{name}` is between 0 and {LARGEST_PAGE}."
                )));
            }
        }
        let statuses = self.statuses.unwrap_or_default();
        Ok(CallerPage {
            statuses: statuses.into_iter().map(Into::into).collect(),
            after: read_cursor("after", self.after.as_deref())?,
            before: read_cursor("before", self.before.as_deref())?,
            limit: self.first.or(self.last).unwrap_or(PAGE),
            is_from_end: self.last.is_some(),
        })
    }
}

type Place = (Arrival, CallerId);

fn cursor(arrival: Arrival, id: &CallerId) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{id}", arrival.0))
}

fn read_cursor(name: &str, cursor: Option<&str>) -> Result<Option<Place>, Failure> {
    let Some(cursor) = cursor else {
        return Ok(None);
    };
    let read = || -> Option<Place> {
        if cursor.len() > LONGEST_CURSOR {
            return None;
        }
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (arrival, id) = text.split_once('.')?;
        Some((Arrival(arrival.parse().ok()?), CallerId::parse(id)?))
    };
    let message = || bad_input(format!("`{name}` is no cursor of this list."));
    read().map(Some).ok_or_else(message)
}

/// A page of callers, in arrival order.
#[derive(Clone, SimpleObject)]
pub struct CallerConnection {
    /// The callers with their cursors.
    pub edges: Vec<CallerEdge>,
    /// The callers without their cursors.
    pub nodes: Vec<Caller>,
    /// Where this page is among the others.
    pub page_info: PageInfo,
    /// How many callers of these statuses there are, whatever the page.
    pub total_count: i64,
}

/// A caller in a page.
#[derive(Clone, SimpleObject)]
pub struct CallerEdge {
    /// Where this caller is, for `after` and `before`. Opaque.
    pub cursor: String,
    /// The caller.
    pub node: Caller,
}

/// Where a page is among the others.
#[derive(Clone, SimpleObject)]
pub struct PageInfo {
    /// Whether there is more behind this page.
    pub has_next_page: bool,
    /// Whether there is more ahead of this page.
    pub has_previous_page: bool,
    /// The cursor of the first of this page. Null when it is empty.
    pub start_cursor: Option<String>,
    /// The cursor of the last of this page. Null when it is empty.
    pub end_cursor: Option<String>,
}

impl CallerConnection {
    fn new(ctx: &Context<'_>, page: &CallerPage, list: CallerList) -> Self {
        let viewer = viewer(ctx);
        let nodes: Vec<Caller> = list
            .callers
            .into_iter()
            .filter_map(|placed| Caller::seen_by(viewer, placed))
            .collect();
        let edges: Vec<CallerEdge> = nodes
            .iter()
            .map(|node| {
                let caller = node.domain();
                CallerEdge {
                    cursor: cursor(caller.arrival, &caller.id),
                    node: node.clone(),
                }
            })
            .collect();
        // In the direction that was not read, there is at least the caller whose cursor was given.
        let (has_next_page, has_previous_page) = if page.is_from_end {
            (page.before.is_some(), list.has_more)
        } else {
            (list.has_more, page.after.is_some())
        };
        let page_info = PageInfo {
            has_next_page,
            has_previous_page,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: edges.last().map(|edge| edge.cursor.clone()),
        };
        Self {
            edges,
            nodes,
            page_info,
            total_count: list.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_nothing_else_is_one() {
        let id = CallerId::new([7; 16]);
        let given = cursor(Arrival(42), &id);
        assert_eq!(
            read_cursor("after", Some(&given)).ok().flatten(),
            Some((Arrival(42), id))
        );
        let long = "A".repeat(10_000);
        for wrong in ["", "x", "MQ", "MS54", &given[..given.len() - 1], &long, "ä"] {
            assert!(read_cursor("after", Some(wrong)).is_err(), "{wrong}");
        }
    }
}
