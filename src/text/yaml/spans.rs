//! The position of every value of a YAML text.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span};

/// The source of a plain scalar or key, for checks that the parsed value does not allow.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub text: String,
    pub span: Range<usize>,
    pub is_key: bool,
}

/// The byte ranges of one document's values, by JSON pointer; the empty pointer is the document.
#[derive(Debug, Default, Clone)]
pub(super) struct Places {
    values: BTreeMap<String, Range<usize>>,
    keys: BTreeMap<String, Range<usize>>,
    pub fancy: Vec<(&'static str, Range<usize>)>,
    /// Every scalar of any style.
    pub scalars: Vec<Range<usize>>,
    pub plains: Vec<Plain>,
    pub is_empty: bool,
}

impl Places {
    /// Returns the byte range of the value at a pointer, or of the nearest value around it.
    pub fn range(&self, pointer: &str) -> Range<usize> {
        let mut pointer = pointer;
        loop {
            if let Some(range) = self.values.get(pointer) {
                return range.clone();
            }
            match pointer.rfind('/') {
                Some(cut) => pointer = &pointer[..cut],
                None => return 0..0,
            }
        }
    }
}

impl Places {
    /// Returns the byte range of the key at a pointer, or of the value if there is no such key.
    pub fn key(&self, pointer: &str) -> Range<usize> {
        self.keys
            .get(pointer)
            .cloned()
            .unwrap_or_else(|| self.range(pointer))
    }
}

/// A collection that is being read: its pointer, and the next index or key.
enum Open {
    Sequence {
        pointer: String,
        next: usize,
    },
    Mapping {
        pointer: String,
        key: Option<(String, Range<usize>)>,
    },
}

/// Reads the events of a text into one [`Places`] for each document. If the text is not valid YAML, returns
/// the documents before the error.
pub(super) fn places(text: &str) -> Vec<Places> {
    let mut walk = Walk::default();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        walk.event(event, bytes(span));
    }
    walk.documents
}

/// The maximum number of bytes that the aliases of a text may expand to. Files written by hand need far less,
/// but a few kilobytes of nested aliases can expand to gigabytes.
const MOST_EXPANDED: usize = 4 << 20;

/// Returns the alias at which a text expands to too many bytes.
pub(super) fn expands_too_far(text: &str) -> Option<Range<usize>> {
    if !text.contains('&') {
        return None;
    }
    // The size of each anchor, and the open collections with their anchors and sizes; in bytes.
    let mut anchors: BTreeMap<usize, usize> = BTreeMap::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut expanded = 0_usize;
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else {
            return None;
        };
        let (anchor, size) = match event {
            Event::Scalar(value, _, anchor, _) => (anchor, value.len() + 1),
            Event::Alias(anchor) => {
                let size = anchors.get(&anchor).copied().unwrap_or_default();
                expanded = expanded.saturating_add(size);
                if expanded > MOST_EXPANDED {
                    return Some(bytes(span));
                }
                (0, size)
            }
            Event::SequenceStart(_, anchor, _) | Event::MappingStart(_, anchor, _) => {
                open.push((anchor, 1));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(closed) => closed,
                None => continue,
            },
            _ => continue,
        };
        if anchor != 0 {
            anchors.insert(anchor, size);
        }
        if let Some((_, whole)) = open.last_mut() {
            *whole = whole.saturating_add(size);
        }
    }
    None
}

#[derive(Default)]
struct Walk {
    documents: Vec<Places>,
    current: Places,
    open: Vec<Open>,
}

impl Walk {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::DocumentStart(..) => {
                self.current = Places {
                    is_empty: true,
                    ..Places::default()
                };
                self.open.clear();
            }
            Event::DocumentEnd => self.documents.push(std::mem::take(&mut self.current)),
            Event::Scalar(value, style, anchor, tag) => {
                self.properties(anchor, tag.is_some(), &range);
                self.scalar(&value, style == ScalarStyle::Plain, range);
            }
            Event::Alias(_) => {
                self.current.fancy.push(("an alias", range.clone()));
                if let Some(Open::Mapping {
                    key: key @ None, ..
                }) = self.open.last_mut()
                {
                    // Only the parser of values knows which key it refers to.
                    *key = Some((String::new(), range));
                } else {
                    self.enter(range);
                }
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.properties(anchor, tag.is_some(), &range);
                let pointer = self.enter(range);
                self.open.push(Open::Sequence { pointer, next: 0 });
            }
            Event::MappingStart(_, anchor, tag) => {
                self.properties(anchor, tag.is_some(), &range);
                let pointer = self.enter(range);
                self.open.push(Open::Mapping { pointer, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
            }
            _ => {}
        }
    }

    fn properties(&mut self, anchor: usize, tag: bool, range: &Range<usize>) {
        if anchor != 0 {
            self.current.fancy.push(("an anchor", range.clone()));
        }
        if tag {
            self.current.fancy.push(("a tag", range.clone()));
        }
    }

    fn scalar(&mut self, value: &str, plain: bool, range: Range<usize>) {
        let is_key = matches!(self.open.last(), Some(Open::Mapping { key: None, .. }));
        if plain {
            self.current.plains.push(Plain {
                text: value.to_owned(),
                span: range.clone(),
                is_key,
            });
        }
        self.current.scalars.push(range.clone());
        if let (true, Some(Open::Mapping { key, .. })) = (is_key, self.open.last_mut()) {
            *key = Some((value.to_owned(), range));
            return;
        }
        let nothing =
            self.open.is_empty() && plain && matches!(value, "" | "~" | "null" | "Null" | "NULL");
        self.enter(range);
        self.current.is_empty = nothing;
    }

    /// Stores the range of the value that starts here, advances its parent, and returns its pointer.
    fn enter(&mut self, range: Range<usize>) -> String {
        self.current.is_empty = false;
        let pointer = match self.open.last_mut() {
            None => String::new(),
            Some(Open::Sequence { pointer, next }) => {
                *next += 1;
                format!("{pointer}/{}", *next - 1)
            }
            Some(Open::Mapping { pointer, key }) => {
                let (key, place) = key.take().unwrap_or_default();
                let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                self.current.keys.insert(pointer.clone(), place);
                pointer
            }
        };
        self.current.values.insert(pointer.clone(), range);
        pointer
    }
}

fn bytes(span: Span) -> Range<usize> {
    let start = span.start.byte_offset().unwrap_or_default();
    start..span.end.byte_offset().unwrap_or(start).max(start)
}

#[cfg(test)]
mod tests {
    use super::expands_too_far;

    #[test]
    fn aliases_stand_for_a_few_megabytes_at_most() {
        let long = "x".repeat(100_000);
        let many = |number: usize| {
            let uses: String = (0..number)
                .map(|n| ["k", &n.to_string(), ": *a\n"].concat())
                .collect();
            format!("a: &a {long}\n{uses}")
        };
        assert_eq!(expands_too_far(&many(10)), None);
        let text = many(60);
        let span = expands_too_far(&text).expect("too much");
        assert_eq!(&text[span.clone()], "*a");
        assert!(text[..span.start].matches("*a").count() > 40);
        // Nested aliases: 10 levels of 9.
        let mut bomb = "a0: &a0 [x]\n".to_owned();
        for level in 1..10 {
            let list = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb = format!("{bomb}a{level}: &a{level} [{list}]\n");
        }
        assert!(expands_too_far(&bomb).is_some());
        assert_eq!(expands_too_far("a: &x 1\nb: *x\n"), None);
    }
}
