//! The place of every value of a YAML text.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_yaml::granit_parser::{Event, Parser, ScalarStyle, Span};

/// What a plain scalar or key looked like, for checks that a parsed value no longer allows.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub text: String,
    pub span: Range<usize>,
    pub is_key: bool,
}

/// The places of one document's values, by JSON pointer; the empty pointer is the document.
#[derive(Debug, Default, Clone)]
pub(super) struct Places {
    values: BTreeMap<String, Range<usize>>,
    pub plains: Vec<Plain>,
    /// Whether the document holds anything.
    pub is_empty: bool,
}

impl Places {
    /// Returns the place of the value at a pointer, or of the nearest value around it.
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

/// A collection that is being read: its pointer, and what comes next in it.
enum Open {
    Sequence {
        pointer: String,
        next: usize,
    },
    Mapping {
        pointer: String,
        key: Option<String>,
    },
}

/// Walks the events of a text; one [`Places`] a document. A text that does not parse gives what was read up to there.
pub(super) fn places(text: &str) -> Vec<Places> {
    let mut documents = Vec::new();
    let mut current = Places::default();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { break };
        let range = bytes(span);
        match event {
            Event::DocumentStart(..) => {
                current = Places {
                    is_empty: true,
                    ..Places::default()
                };
                open.clear();
            }
            Event::DocumentEnd => documents.push(std::mem::take(&mut current)),
            Event::Scalar(value, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                let nothing = plain && matches!(&*value, "" | "~" | "null");
                if !(open.is_empty() && nothing) {
                    current.is_empty = false;
                }
                let is_key = matches!(open.last(), Some(Open::Mapping { key: None, .. }));
                if plain {
                    current.plains.push(Plain {
                        text: value.to_string(),
                        span: range.clone(),
                        is_key,
                    });
                }
                if is_key {
                    if let Some(Open::Mapping { key, .. }) = open.last_mut() {
                        *key = Some(value.to_string());
                    }
                } else {
                    let pointer = enter(&mut open);
                    current.values.insert(pointer, range);
                }
            }
            Event::Alias(_) => {
                let pointer = enter(&mut open);
                current.values.insert(pointer, range);
            }
            Event::SequenceStart(..) => {
                current.is_empty = false;
                let pointer = enter(&mut open);
                current.values.insert(pointer.clone(), range);
                open.push(Open::Sequence { pointer, next: 0 });
            }
            Event::MappingStart(..) => {
                current.is_empty = false;
                let pointer = enter(&mut open);
                current.values.insert(pointer.clone(), range);
                open.push(Open::Mapping { pointer, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
            }
            _ => {}
        }
    }
    documents
}

/// Returns the pointer of the value that starts now, and moves its parent on.
fn enter(open: &mut [Open]) -> String {
    match open.last_mut() {
        None => String::new(),
        Some(Open::Sequence { pointer, next }) => {
            *next += 1;
            format!("{pointer}/{}", *next - 1)
        }
        Some(Open::Mapping { pointer, key }) => {
            let key = key.take().unwrap_or_default();
            format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
        }
    }
}

fn bytes(span: Span) -> Range<usize> {
    let start = span.start.byte_offset().unwrap_or_default();
    start..span.end.byte_offset().unwrap_or(start).max(start)
}
