//! Reads the texts of a step from its rendered Markdown template.

/// The texts of a step for the runbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTexts {
    pub title: String,
    pub why: String,
    pub watch: String,
    pub back: String,
}

impl StepTexts {
    /// Reads `# Title`, `## Why`, `## Watch` and `## Back`; the lines of each become one paragraph.
    ///
    /// # Errors
    ///
    /// The first heading that is missing or has no text.
    pub(super) fn of(markdown: &str) -> Result<Self, &'static str> {
        let section = |heading: &str| {
            let lines = markdown.lines().skip_while(|line| line.trim() != heading);
            let own = lines.skip(1).take_while(|line| !line.starts_with("## "));
            own.flat_map(str::split_whitespace)
                .collect::<Vec<_>>()
                .join(" ")
        };
        let filled = |text: String, heading| {
            if text.is_empty() {
                Err(heading)
            } else {
                Ok(text)
            }
        };
        let title = markdown.lines().find_map(|line| line.strip_prefix("# "));
        let title = title.unwrap_or_default().trim();
        Ok(Self {
            title: filled(title.to_owned(), "# ")?,
            why: filled(section("## Why"), "## Why")?,
            watch: filled(section("## Watch"), "## Watch")?,
            back: filled(section("## Back"), "## Back")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::StepTexts;

    #[test]
    fn sections_are_paragraphs() {
        let text =
            "# a step\n\n## Why\n\nTwo\nlines.\n\n## Watch\n\nThis.\n\n## Back\n\nNothing.\n";
        let texts = StepTexts::of(text).expect("every heading");
        assert_eq!(texts.title, "a step");
        assert_eq!(texts.why, "Two lines.");
        assert_eq!(texts.back, "Nothing.");
        assert_eq!(StepTexts::of("# a step\n\n## Why\n\nx\n"), Err("## Watch"));
    }
}
