//! The tables `[shift]`, `[[probe]]` and `[[allow]]` of a plan.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

/// How traffic shifts from stable to canary.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Shift {
    /// Requests with this header go to the canary before the first weight, and at all weights.
    pub header: Header,
    /// The percentages of requests that go to the canary, one step for each. They must increase and end at
    /// 100.
    #[schemars(with = "Vec<Weight>", length(min = 1))]
    pub weights: Vec<Spanned<Weight>>,
    /// How long to watch each step before the next one, such as `15m` or `1h30m`.
    #[schemars(with = "Option<String>")]
    pub soak: Option<Spanned<String>>,
}

/// A header and its value.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Header {
    /// The name of the header; not case-sensitive.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The value of the header; case-sensitive.
    #[schemars(with = "String")]
    pub value: Spanned<String>,
}

/// A percentage of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub struct Weight(#[schemars(range(min = 1, max = 100))] pub u16);

/// A request that must succeed at every step.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Probe {
    /// What the probe requests, in words. Must be unique.
    #[schemars(with = "String")]
    pub name: Spanned<String>,
    /// The URL to request, such as `http://172.18.255.202/productpage`.
    #[schemars(with = "String")]
    pub url: Spanned<String>,
    /// The answer that the probe requires.
    pub expect: Expect,
    /// Requests to count at each weight, to see which revision answers them.
    pub sample: Option<Sample>,
}

/// Requests to count, to check that the canary answers as many as its weight says.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sample {
    /// The number of requests.
    #[schemars(with = "Requests")]
    pub requests: Spanned<Requests>,
    /// What every answer of the canary contains, and no answer of stable does.
    pub canary: Mark,
}

/// A number of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub struct Requests(#[schemars(range(min = 1, max = 10000))] pub u16);

/// What distinguishes an answer from others; use exactly one of the two keys.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mark {
    /// Text in the body of the answer.
    #[schemars(with = "Option<String>")]
    pub contains: Option<Spanned<String>>,
    /// A header of the answer.
    pub header: Option<Header>,
}

/// The answer that a probe requires.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expect {
    /// The HTTP status code of the answer.
    #[schemars(with = "Status")]
    pub status: Spanned<Status>,
    /// Text in the body of the answer.
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
    /// The code of the rule, such as `MP0012`.
    #[schemars(with = "String")]
    pub rule: Spanned<String>,
    /// The reason why the plan may break the rule.
    #[schemars(with = "String", length(min = 1))]
    pub because: Spanned<String>,
}
