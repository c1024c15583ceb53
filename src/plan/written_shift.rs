//! `[shift]` and `[[probe]]` as their author wrote them.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// How traffic moves from stable to canary.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Shift {
    /// Requests with this header go to the canary first, and through all weights.
    pub header: Header,
    /// Percent of requests that go to the canary, step by step.
    #[schemars(with = "Vec<Weight>", length(min = 1))]
    pub weights: Vec<Spanned<Weight>>,
    /// How long each step is watched before the next, as `15m` or `1h30m`.
    #[schemars(with = "Option<String>")]
    pub soak: Option<Spanned<String>>,
}

/// A header and its value.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Header {
    /// The header's name; case does not count.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Its value; case counts.
    #[schemars(with = "String")]
    pub value: Spanned<String>,
}

/// A share of requests in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub struct Weight(#[schemars(range(min = 1, max = 100))] pub u16);

/// A request that must succeed at every step.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Probe {
    /// What is asked for, in words.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// Where to ask.
    #[schemars(with = "String")]
    pub url: Spanned<String>,
    /// What must come back.
    pub expect: Expect,
    /// Requests that are counted at each weight, to see who answers them.
    pub sample: Option<Sample>,
}

/// Requests that are counted, to see whether the canary answers as many as its weight says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sample {
    /// How many.
    #[schemars(with = "Requests")]
    pub requests: Spanned<Requests>,
    /// What an answer of the canary's has, and none of stable's.
    pub canary: Mark,
}

/// How many requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Requests(#[schemars(range(min = 1, max = 10000))] pub u16);

/// What tells an answer from others: exactly one of the two.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mark {
    /// Text that the body holds.
    #[schemars(with = "Option<String>")]
    pub contains: Option<Spanned<String>>,
    /// A header of the answer.
    pub header: Option<Header>,
}

/// What a probe must get.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expect {
    /// The HTTP status.
    #[schemars(with = "Status")]
    pub status: Spanned<Status>,
    /// Text that the body holds.
    #[schemars(with = "Option<String>")]
    pub contains: Option<Spanned<String>>,
    /// A header of the answer.
    pub header: Option<Header>,
}

/// An HTTP status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Status(#[schemars(range(min = 100, max = 599))] pub u16);

/// A rule that the plan breaks on purpose.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Allow {
    /// Its code, as `MP0012`.
    #[schemars(with = "String")]
    pub rule: Spanned<String>,
    /// Why it may be broken here.
    #[schemars(with = "String", length(min = 1))]
    pub because: Spanned<String>,
}
