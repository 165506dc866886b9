//! JSON as a tree that keeps what `serde_json::Value` loses: keys that stand twice, and the digits of numbers.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// The deepest that objects and arrays may stand inside each other.
pub(super) const DEPTH: u32 = 32;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    /// The digits as written.
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

/// Reads a value that stands so many levels deep.
#[derive(Clone, Copy)]
struct Level(u32);

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        if self.0 > DEPTH {
            return Err(D::Error::custom(format!("nested more than {DEPTH} levels deep")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    // Whole numbers that fit arrive as such, all others as their digits (see `visit_map`).
    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        let inner = Self(self.0 + 1);
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let inner = Self(self.0 + 1);
        let mut entries: Vec<(String, Tree)> = Vec::new();
        while let Some(key) = access.next_key::<String>()? {
            // With arbitrary precision, serde_json hands a number over as an object with one private key.
            if key == "$serde_json::private::Number" && entries.is_empty() {
                return Ok(Tree::Number(access.next_value::<String>()?));
            }
            entries.push((key, access.next_value_seed(inner)?));
        }
        Ok(Tree::Object(entries))
    }
}

/// Reads JSON text; the error says where it is not JSON.
pub(super) fn parse(text: &[u8]) -> Result<Tree, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let tree = Level(0).deserialize(&mut reader).and_then(|tree| reader.end().map(|()| tree));
    tree.map_err(|e| e.to_string())
}
