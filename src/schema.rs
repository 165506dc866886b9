//! Which facts exist: the contract that policy text and profiles both meet.

use crate::ids::{EntityId, EnumId, FieldId};
use crate::value::{Label, Unit};

/// The records, facts and enums of a vocabulary.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Schema {
    /// The kinds of record.
    pub entities: Vec<Entity>,
    /// The facts of all records.
    pub fields: Vec<Field>,
    /// The enums; the first is that of the policies.
    pub enums: Vec<Enum>,
}

/// A kind of record.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Entity {
    /// Its name; for an entry of a list without a name of its own, that of the list.
    pub name: Label,
    /// Its facts, in the order declared.
    pub fields: Vec<FieldId>,
    /// Whether some policy is for it, so that a profile may begin with it.
    pub is_unit: bool,
    /// Whether it was declared with a name of its own.
    pub named: bool,
}

/// A fact.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Field {
    /// Its name.
    pub name: Label,
    /// The record it is of.
    pub entity: EntityId,
    /// Its type.
    pub ty: FieldType,
    /// Who can say it.
    pub provenance: Provenance,
    /// What kind of change could alter it.
    pub class: Class,
    /// Least and most, in grains (see [`Unit::grains`]); days since 1970-01-01 for a date; value positions for an
    /// enum; 0 and 1 for yes/no. Everything known about completions of a missing fact starts here.
    pub range: (i64, i64),
    /// The most entries, for a list.
    pub up_to: u32,
    /// Former names, still accepted in profiles.
    pub was: Vec<String>,
    /// The fact that points back: a member's `home` is the household that lists the member. Two records that name
    /// each other are linked; what stands in this fact (or in its list) has the other fact pointing here.
    pub back: Option<FieldId>,
    /// For a list: the facts of the same record that hold one of its entries, as `applicant` stands beside
    /// `members`. A complete list includes each of them.
    pub includes: Vec<FieldId>,
}

/// The type of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum FieldType {
    /// Yes or no.
    YesNo,
    /// A civil date.
    Date,
    /// A number with a unit.
    Quantity(Unit),
    /// One value of an enum.
    Symbol(EnumId),
    /// Any of the values of an enum.
    Set(EnumId),
    /// A record.
    Record(EntityId),
    /// Records.
    List(EntityId),
}

/// Who can say a fact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Provenance {
    /// The person.
    #[default]
    Declared,
    /// The register of that name.
    Register(Label),
    /// A caseworker, by assessment. Never asked of the household.
    Judged,
}

/// What kind of change could alter a fact. It decides how a change is spoken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub enum Class {
    /// The person can do it: register, apply, provide a document.
    Action,
    /// Another policy gives it.
    Grant,
    /// It comes with time.
    Time,
    /// Income, illness: shown, never advised.
    #[default]
    Circumstance,
    /// It cannot change.
    Immutable,
}

/// An enum.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Enum {
    /// Its name.
    pub name: Label,
    /// Whether its values are in rising order.
    pub ascending: bool,
    /// Its values in pre-order: what is inside a value follows it directly.
    pub values: Vec<Symbol>,
}

/// One value of an enum.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
pub struct Symbol {
    /// Its name.
    pub name: Label,
    /// The value it is inside of.
    pub parent: Option<u32>,
    /// One past the last value inside it, so that "within" is a comparison of positions.
    pub end: u32,
}

impl Schema {
    /// The record of that id. Ids come from this schema, so there always is one; an empty record stands in otherwise.
    #[must_use]
    pub fn entity(&self, id: EntityId) -> Option<&Entity> {
        self.entities.get(id.index())
    }

    /// Whether a profile may begin with a record of that kind: policies are for it, or it is linked to one they are for,
    /// as the household is to the person.
    #[must_use]
    pub fn is_root(&self, id: EntityId) -> bool {
        let Some(entity) = self.entity(id) else { return false };
        let unit = |e: EntityId| self.entity(e).is_some_and(|e| e.is_unit);
        let linked = |f: &Field| f.ty == FieldType::Record(id) && f.back.is_some() && unit(f.entity);
        entity.named && (entity.is_unit || self.fields.iter().any(linked))
    }

    /// The fact of that id.
    #[must_use]
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.get(id.index())
    }

    /// The enum of that id.
    #[must_use]
    pub fn enumeration(&self, id: EnumId) -> Option<&Enum> {
        self.enums.get(id.index())
    }

    /// The value at a position of an enum.
    #[must_use]
    pub fn symbol(&self, id: EnumId, position: u32) -> Option<&Symbol> {
        self.enumeration(id)?.values.get(position as usize)
    }

    /// The record with that identifier or Chinese name.
    #[must_use]
    pub fn entity_named(&self, name: &str) -> Option<EntityId> {
        let named = |e: &Entity| e.named && (e.name.id == name || e.name.zh == name);
        self.entities.iter().position(named).map(EntityId::of)
    }

    /// The fact of a record with that identifier, Chinese name or former name.
    #[must_use]
    pub fn field_named(&self, entity: EntityId, name: &str) -> Option<FieldId> {
        let fields = &self.entity(entity)?.fields;
        let find = |is: &dyn Fn(&Field) -> bool| fields.iter().copied().find(|f| self.field(*f).is_some_and(is));
        find(&|f| f.name.id == name || f.name.zh == name).or_else(|| find(&|f| f.was.iter().any(|w| w == name)))
    }

    /// The value of an enum with that identifier or Chinese name.
    #[must_use]
    pub fn symbol_named(&self, id: EnumId, name: &str) -> Option<u32> {
        let values = &self.enumeration(id)?.values;
        let position = values.iter().position(|s| s.name.id == name || s.name.zh == name)?;
        u32::try_from(position).ok()
    }
}
