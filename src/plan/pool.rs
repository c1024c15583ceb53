//! The nodes of one revision, in all forms that a plan can use.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use toml::Spanned;

#[derive(Debug, Clone)]
pub enum Pool {
    /// Nodes by name or by label.
    Table(PoolTable),
    /// All nodes that are not in the canary pool.
    Rest,
}

/// Nodes by name or by existing labels; use exactly one of the two.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PoolTable {
    /// Names of nodes. The plan labels these nodes.
    #[schemars(with = "Option<Vec<String>>", length(min = 1))]
    pub nodes: Option<Vec<Spanned<String>>>,
    /// Labels that the nodes already carry.
    #[schemars(with = "Option<BTreeMap<String, String>>", extend("minProperties" = 1))]
    pub selector: Option<BTreeMap<String, Spanned<String>>>,
}

/// Implemented by hand, because an untagged enum would lose the spans inside.
impl<'de> Deserialize<'de> for Pool {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Pool;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table with `nodes` or `selector`, or \"rest\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Pool, E> {
                match text {
                    "rest" => Ok(Pool::Rest),
                    other => Err(E::unknown_variant(other, &["rest"])),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Pool, A::Error> {
                PoolTable::deserialize(MapAccessDeserializer::new(map)).map(Pool::Table)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Pool {
    fn schema_name() -> Cow<'static, str> {
        "Pool".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<PoolTable>();
        json_schema!({
            "description": "The nodes of one revision.",
            "anyOf": [
                table,
                {
                    "description": "All nodes that are not in the canary pool.",
                    "type": "string",
                    "enum": ["rest"],
                },
            ],
        })
    }
}
