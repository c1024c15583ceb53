//! Renders objects as text: templates whose values are inserted and quoted by one formatter.

mod formatter;
mod prose;
mod templates;

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, merge_maps};
use minijinja::{Environment, Error, UndefinedBehavior, Value};
use serde::Serialize;

use crate::step::{Draft, Prose};
use crate::text::finding::Finding;
use crate::text::nearest;
use crate::text::source::{Source, Sources};
use crate::text::yaml;

pub use formatter::shell_word;
pub use prose::StepTexts;
pub use templates::EMBEDDED;

/// The maximum number of instructions of one template; it ends endless loops.
const FUEL: u64 = 1_000_000;

/// The templates, ready to be rendered.
pub struct Renderer {
    environment: Environment<'static>,
    /// The user's templates by name, with their sources.
    overrides: BTreeMap<String, Source>,
    plan: String,
}

impl Renderer {
    /// Creates a renderer for one plan. `overrides` are the user's templates by their name under
    /// `templates/`.
    ///
    /// # Errors
    ///
    /// A finding for each override that has no counterpart in meshplan's templates or is not a valid
    /// template; and the texts that these findings point into.
    pub fn new(
        plan: &str,
        overrides: BTreeMap<String, Source>,
    ) -> Result<Self, (Vec<Finding>, Vec<Source>)> {
        let mut findings = Vec::new();
        for (name, source) in &overrides {
            let partial = name
                .rsplit('/')
                .next()
                .is_some_and(|file| file.starts_with('_'));
            if !partial && !EMBEDDED.iter().any(|(known, _)| known == name) {
                let help = match nearest(name, EMBEDDED.iter().map(|(known, _)| *known)) {
                    Some(near) => format!("did you mean `{near}`? the name of a file that others include must start \
                        with `_`"),
                    None => "give it the name of the template that it replaces; the name of a file that others \
                        include must start with `_`".to_owned(),
                };
                let finding = Finding::error(
                    "unknown-template",
                    format!("there is no template with the name `{name}`"),
                );
                findings.push(
                    finding
                        .label("it would never be used")
                        .help(help)
                        .at(&source.name, 0..0),
                );
            }
        }
        if !findings.is_empty() {
            return Err((findings, overrides.into_values().collect()));
        }
        let renderer = Self {
            environment: environment(&overrides),
            overrides,
            plan: plan.to_owned(),
        };
        let broken: Vec<Finding> = renderer
            .overrides
            .keys()
            .filter_map(|name| renderer.environment.get_template(name).err())
            .map(|error| renderer.finding(&error))
            .collect();
        if broken.is_empty() {
            Ok(renderer)
        } else {
            Err((broken, renderer.overrides.into_values().collect()))
        }
    }

    /// Renders an object as one YAML document.
    ///
    /// # Errors
    ///
    /// A finding at the line of the template.
    pub fn object(&self, object: &Draft) -> Result<String, Finding> {
        match (object, object.template()) {
            (Draft::Given(value), _) => Ok(yaml::write(value)),
            (Draft::Copy(copy), _) => Ok(copy.text.clone()),
            (_, Some(template)) => self.text(template, object),
            (_, None) => Ok(String::new()),
        }
    }

    /// Renders any template with `data` and the plan's name.
    ///
    /// # Errors
    ///
    /// A finding at the line of the template.
    pub fn text(&self, template: &str, data: impl Serialize) -> Result<String, Finding> {
        let data = Value::from(Serde(data));
        let context = minijinja::context! { plan => self.plan.as_str(), ..data };
        self.environment
            .get_template(template)
            .and_then(|template| template.render(context))
            .map_err(|error| self.finding(&error))
    }

    /// Renders the texts of a step from its template; `shared` are the values that every step has.
    ///
    /// # Errors
    ///
    /// A finding at the line of the template, or about a missing heading.
    pub fn prose(&self, prose: &Prose, shared: &serde_json::Value) -> Result<StepTexts, Finding> {
        let shared = Value::from(Serde(shared));
        let own = Value::from(Serde(&prose.values));
        let plan = minijinja::context! { plan => self.plan.as_str() };
        let context = merge_maps([plan, own, shared]);
        let text = self
            .environment
            .get_template(prose.template)
            .and_then(|template| template.render(context))
            .map_err(|error| self.finding(&error))?;
        StepTexts::of(&text).map_err(|heading| {
            let name = self
                .overrides
                .get(prose.template)
                .map_or_else(|| embedded(prose.template), |source| source.name.clone());
            Finding::error(
                "template",
                format!(
                    "the template `{}` has no text under `{heading}`",
                    prose.template
                ),
            )
            .label("every step must say what it does, why, what to watch and how to roll back")
            .at(&name, 0..0)
        })
    }

    /// Adds the text of a template, so that findings about it can show it.
    pub fn add_source(&self, finding: &Finding, sources: &mut Sources) {
        let Some(place) = &finding.at else { return };
        for source in self.overrides.values() {
            if source.name == place.source {
                sources.add(source.clone());
            }
        }
        for (name, text) in EMBEDDED {
            if place.source == embedded(name) {
                sources.add(Source::new(embedded(name), *text));
            }
        }
    }

    fn finding(&self, error: &Error) -> Finding {
        // An error in an included template is the source of the error in the template that includes it.
        let mut error = error;
        while let Some(inner) =
            std::error::Error::source(error).and_then(|source| source.downcast_ref::<Error>())
        {
            error = inner;
        }
        let name = error.name().unwrap_or_default();
        let source = self
            .overrides
            .get(name)
            .map_or_else(|| embedded(name), |source| source.name.clone());
        let message = error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned);
        let span = error
            .range()
            .unwrap_or_else(|| self.line(name, error.line()));
        Finding::error(
            "template",
            format!("the template `{name}` cannot be rendered"),
        )
        .label(message)
        .at(&source, span)
    }

    fn line(&self, name: &str, line: Option<usize>) -> Range<usize> {
        let known = EMBEDDED
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, text)| *text);
        let text = self
            .overrides
            .get(name)
            .map_or(known, |source| &source.text);
        let line = line.unwrap_or(1).max(1);
        let start: usize = text
            .split_inclusive('\n')
            .take(line - 1)
            .map(str::len)
            .sum();
        let length = text
            .get(start..)
            .and_then(|rest| rest.lines().next())
            .map_or(0, str::len);
        start..start + length
    }
}

/// The name in findings for a template that is part of meshplan.
fn embedded(name: &str) -> String {
    format!("templates/{name}")
}

fn environment(overrides: &BTreeMap<String, Source>) -> Environment<'static> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true);
    environment.set_syntax(syntax.build().expect("the delimiters are the usual ones"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    // Jinja's `namespace()` and similar functions would hide a missing value with the same name.
    for global in ["debug", "dict", "namespace"] {
        environment.remove_global(global);
    }
    environment.set_formatter(formatter::format);
    environment.add_filter("jsonpath", formatter::jsonpath);
    environment.add_filter("raw", formatter::raw);
    environment.add_filter("comment", formatter::comment);
    environment.add_filter("code", formatter::code);
    environment.add_filter("fenced", formatter::fenced);
    environment.add_filter("block", formatter::block);
    let overrides: BTreeMap<String, String> = overrides
        .iter()
        .map(|(name, source)| (name.clone(), source.text.clone()))
        .collect();
    environment.set_loader(move |name| {
        let embedded = || {
            EMBEDDED
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, text)| (*text).to_owned())
        };
        Ok(overrides.get(name).cloned().or_else(embedded))
    });
    environment
}
