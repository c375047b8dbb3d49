//! Pages: a title, sections, and named blocks in them.

use crate::types::Text;
use crate::ui::{Action, Block, Content, Follow, Page, Section, SectionLayout};

impl Page {
    /// A page with this title and nothing on it yet.
    pub fn new(title: impl Into<Text>) -> Self {
        Page {
            title: title.into(),
            lead: Text::none(),
            focus: false,
            actions: vec![],
            sections: vec![],
            follow: None,
            extra: vec![],
        }
    }

    /// A sentence under the title.
    #[must_use]
    pub fn lead(mut self, lead: impl Into<Text>) -> Self {
        self.lead = lead.into();
        self
    }

    /// Without menu and chrome: for a single question, or a visitor from outside.
    #[must_use]
    pub fn focus(mut self) -> Self {
        self.focus = true;
        self
    }

    /// A button beside the title.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// A block at the end of the last section. `name` is unique on the page: the key in the JSON twin, and the anchor.
    #[must_use]
    pub fn block(mut self, name: impl Into<String>, content: impl Into<Content>) -> Self {
        if self.sections.is_empty() {
            self.sections.push(Section::new("main", Text::none()));
        }
        if let Some(section) = self.sections.last_mut() {
            section.blocks.push(Block { name: name.into(), content: content.into() });
        }
        self
    }

    /// Keeps the page up to date: [`Plugin::live`](crate::plugin::Plugin::live) is asked what is new, first with this
    /// cursor, when one of the topics was published, and every so many seconds; 0 for topics alone.
    #[must_use]
    pub fn follow<T: Into<String>>(
        mut self,
        topics: impl IntoIterator<Item = T>,
        cursor: impl Into<String>,
        every_seconds: u32,
    ) -> Self {
        let topics = topics.into_iter().map(Into::into).collect();
        self.follow = Some(Follow { topics, cursor: cursor.into(), every_seconds });
        self
    }

    /// A new section; blocks that follow go into it.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }
}

impl Section {
    /// A section with this heading. `name` is unique on the page.
    pub fn new(name: impl Into<String>, title: impl Into<Text>) -> Self {
        Section {
            name: name.into(),
            title: title.into(),
            summary: Text::none(),
            layout: SectionLayout::Stack,
            blocks: vec![],
            extra: vec![],
        }
    }

    /// A sentence under the heading.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<Text>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Blocks side by side where the screen is wide enough.
    #[must_use]
    pub fn columns(mut self) -> Self {
        self.layout = SectionLayout::Columns;
        self
    }

    /// One of the page's tabs: neighbouring sections of this layout share a row of tabs.
    #[must_use]
    pub fn tab(mut self) -> Self {
        self.layout = SectionLayout::Tab;
        self
    }

    /// A block at its end.
    #[must_use]
    pub fn block(mut self, name: impl Into<String>, content: impl Into<Content>) -> Self {
        self.blocks.push(Block { name: name.into(), content: content.into() });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::prose;

    #[test]
    fn blocks_go_into_the_last_section() {
        let page = Page::new("T").block("a", prose("A")).section(Section::new("s", "S")).block("b", prose("B"));
        let names: Vec<_> = page.sections.iter().map(|s| (s.name.as_str(), s.blocks[0].name.as_str())).collect();
        assert_eq!(names, [("main", "a"), ("s", "b")]);
    }
}
