//! A named text, with the line and column of each byte.

use std::collections::BTreeMap;

/// A text that findings can point to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as it was given, or `-` for standard input.
    pub name: String,
    pub text: String,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Returns line and column of a byte offset; both start at 1, and columns count characters.
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

/// All texts of a run, by name.
#[derive(Debug, Default, Clone)]
pub struct Sources(BTreeMap<String, Source>);

impl Sources {
    /// Adds a text; if the name exists, the first text is kept.
    pub fn add(&mut self, source: Source) {
        self.0.entry(source.name.clone()).or_insert(source);
    }

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
