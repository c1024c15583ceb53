//! A named text, and the line and column of each of its bytes.

use std::collections::BTreeMap;

/// A text that findings can point into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name by which a person finds it: a path as it was given, or `-`.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Makes a source of a name and its text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Returns line and column (both from 1, columns in characters) of a byte offset.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        (line, column)
    }
}

/// Every text of a run, by name.
#[derive(Debug, Default, Clone)]
pub struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// Adds a text; the same name twice keeps the first.
    pub fn add(&mut self, source: Source) {
        self.0.entry(source.name.clone()).or_insert(source);
    }

    /// Returns the text of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Source> {
        self.0.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let source = Source::new("plan.toml", "a = 1\nü = 2\n");
        assert_eq!(source.line_column(0), (1, 1));
        assert_eq!(source.line_column(6), (2, 1));
        assert_eq!(
            source.line_column(8),
            (2, 2),
            "ü is two bytes and one column"
        );
        assert_eq!(source.line_column(7), (2, 1), "inside ü");
        assert_eq!(source.line_column(99), (3, 1), "past the end");
    }
}
