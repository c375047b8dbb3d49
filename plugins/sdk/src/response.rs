//! What a route answers: a page, a way on, a file, or JSON for programs.

use crate::exchange::{Content, Download, Redirect, Response};
use crate::types::{Json, Text};
use crate::ui::{Level, Notice, Page, RouteRef};

impl From<Page> for Response {
    fn from(page: Page) -> Self {
        Response::Page(page)
    }
}

impl From<Redirect> for Response {
    fn from(redirect: Redirect) -> Self {
        Response::Redirect(redirect)
    }
}

impl From<Download> for Response {
    fn from(download: Download) -> Self {
        Response::Download(download)
    }
}

impl Response {
    /// A JSON document for programs: the same for a browser and an API client.
    pub fn json(document: impl Into<Json>) -> Self {
        Response::Json(document.into())
    }
}

impl Redirect {
    /// To a route of this plugin: what a POST answers when it has done its work, so that reloading does not repeat it.
    pub fn to(route: impl Into<RouteRef>) -> Self {
        Redirect { to: route.into(), notice: None }
    }

    /// A sentence that the next page shows once.
    #[must_use]
    pub fn notice(mut self, level: Level, text: impl Into<Text>) -> Self {
        self.notice = Some(Notice { level, text: text.into() });
        self
    }

    /// It was done: a notice of the level `success`.
    #[must_use]
    pub fn done(self, text: impl Into<Text>) -> Self {
        self.notice(Level::Success, text)
    }
}

impl Download {
    /// A file to save. At most 8 MiB.
    pub fn new(file_name: impl Into<String>, content_type: impl Into<String>, bytes: Vec<u8>) -> Self {
        Download {
            file_name: file_name.into(),
            content_type: content_type.into(),
            inline: false,
            content: Content::Bytes(bytes),
        }
    }

    /// A file of any size, made piece by piece by the function of that name; see [`Plugin::stream`].
    ///
    /// [`Plugin::stream`]: crate::plugin::Plugin::stream
    pub fn chunks(file_name: impl Into<String>, content_type: impl Into<String>, stream: impl Into<String>) -> Self {
        Download { content: Content::Chunks(stream.into()), ..Self::new(file_name, content_type, vec![]) }
    }

    /// A file of any size, out of a directory that the plugin was granted: its name, and the path in it.
    pub fn file(
        file_name: impl Into<String>,
        content_type: impl Into<String>,
        directory: impl Into<String>,
        path: impl Into<String>,
    ) -> Self {
        let content = Content::File((directory.into(), path.into()));
        Download { content, ..Self::new(file_name, content_type, vec![]) }
    }

    /// Shown in the page rather than saved; the host does so for PNG, JPEG, WebP and PDF alone.
    #[must_use]
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }
}
