//! Makes lines of what is said by `tracing`: the event's own fields, and who and what it is about from the spans around.

use std::sync::Arc;

use jiff::Timestamp;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::buffers::Buffers;
use crate::file::LogFile;
use crate::line::{self, About, Said};

/// The layer; [`crate::Logbook::layer`] makes it.
#[derive(Debug)]
pub struct Layer {
    pub(crate) node: Arc<str>,
    pub(crate) buffers: Arc<Buffers>,
}

impl<S> tracing_subscriber::Layer<S> for Layer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut said = Said::default();
            attributes.record(&mut said);
            span.extensions_mut().insert(said.about);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut said = Said::default();
            values.record(&mut said);
            let mut extensions = span.extensions_mut();
            if let Some(before) = extensions.get_mut::<About>() {
                said.about.fill(before);
                *before = said.about;
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut said = Said::default();
        event.record(&mut said);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<About>() {
                said.about.fill(outer);
            }
        }
        let metadata = event.metadata();
        let line = line::written(Timestamp::now(), *metadata.level(), &self.node, &said);
        self.buffers.add(LogFile::of(metadata.target()), &line);
    }
}
