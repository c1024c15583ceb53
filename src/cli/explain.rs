//! `meshplan explain`: prints the page of a rule.

use anyhow::{Result, bail};

use super::output::{Exit, Shell};
use crate::rules::{RULES, rule};
use crate::text::nearest;

pub(super) fn run(code: &str, shell: &mut Shell) -> Result<Exit> {
    let Some(rule) = rule(code) else {
        let upper = code.to_uppercase();
        let near = nearest(&upper, RULES.iter().map(|rule| rule.code));
        match near {
            Some(near) => bail!("rule `{code}` does not exist; did you mean `{near}`?"),
            None => bail!(
                "rule `{code}` does not exist; the rules are {} to {}; a finding with another code has \
                 no page, and its help says what to do",
                RULES[0].code,
                RULES[RULES.len() - 1].code
            ),
        }
    };
    shell.print(rule.page)?;
    Ok(Exit::Fine)
}
