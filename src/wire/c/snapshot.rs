//! One state of a policy set. Everything that is made under it holds it, so a reload frees it when the last user is gone.

use super::edge::{Out, Str};
use super::handle::{Handle, Kind, change, free, read};
use super::ids::{self, Sort};
use super::metrics::Metrics;
use super::status::{Failure, Status};
use super::text::{Report, Text};
use super::{edge, handle};
use crate::Engine;
use crate::checked::Model;
use crate::ids::{EntityId, EnumId, FieldId, PolicyId};
use crate::reload;
use crate::schema::{Entity, Field, Schema};
use crate::value::Language;
use crate::wire::json::schema::json_schema;
use std::sync::{Arc, OnceLock};

/// A policy set with what the C door looks up often.
pub(super) struct Snapshot {
    served: Arc<reload::Snapshot>,
    /// Its number among all snapshots of the process, for ids.
    pub(super) number: u64,
    pub(super) metrics: Arc<OnceLock<Metrics>>,
    /// The place of each fact in its record.
    positions: Vec<usize>,
    /// For each enum the position of its first value in the one table of values that ids count through.
    offsets: Vec<usize>,
    /// Texts that are lent out and stand nowhere else.
    pub(super) lent: Lent,
}

/// English labels of policies, and units of facts in both languages.
pub(super) struct Lent {
    pub(super) policies: Vec<String>,
    pub(super) facts: Vec<[String; 3]>,
}

impl Snapshot {
    /// Refuses a policy set that ids could not count through.
    pub(super) fn fits(engine: &Engine) -> Result<(), Failure> {
        let schema = engine.schema();
        let values: usize = schema.enums.iter().map(|e| e.values.len()).sum();
        if values < ids::MOST && schema.fields.len() < ids::MOST && schema.entities.len() < ids::MOST {
            return Ok(());
        }
        Err(Failure::limit(format!(
            "the vocabulary has {} facts and {values} values; at most {} of each can be used",
            schema.fields.len(),
            ids::MOST
        )))
    }

    pub(super) fn new(served: Arc<reload::Snapshot>, metrics: Arc<OnceLock<Metrics>>) -> Self {
        let (engine, schema) = (served.engine(), served.engine().schema());
        let mut positions = vec![0; schema.fields.len()];
        for entity in &schema.entities {
            for (at, field) in entity.fields.iter().enumerate() {
                if let Some(place) = positions.get_mut(field.index()) {
                    *place = at;
                }
            }
        }
        let mut offsets = Vec::with_capacity(schema.enums.len());
        let mut values = 0usize;
        for e in &schema.enums {
            offsets.push(values);
            values = values.saturating_add(e.values.len());
        }
        let unit = |f: &Field, language| match f.ty {
            crate::schema::FieldType::Quantity(unit) => unit.words(language),
            _ => String::new(),
        };
        let lent = Lent {
            policies: engine.model().policies.iter().map(|p| p.name.get(Language::En)).collect(),
            facts: schema
                .fields
                .iter()
                .map(|f| [f.name.get(Language::En), unit(f, Language::Zh), unit(f, Language::En)])
                .collect(),
        };
        let number = ids::number(served.generation());
        Self { served, number, metrics, positions, offsets, lent }
    }

    pub(super) fn engine(&self) -> &Engine {
        self.served.engine()
    }

    /// The policy set as it is served; two snapshots of one generation are one.
    pub(super) fn generation(&self) -> u64 {
        self.served.generation()
    }

    pub(super) fn schema(&self) -> &Schema {
        self.engine().schema()
    }

    pub(super) fn model(&self) -> &Model {
        self.engine().model()
    }

    pub(super) fn metrics(&self) -> Option<&Metrics> {
        self.metrics.get()
    }

    /// Refuses what belongs to another snapshot.
    pub(super) fn same(&self, other: &Self, what: &'static str) -> Result<(), Failure> {
        if self.generation() == other.generation() {
            return Ok(());
        }
        Err(Failure::new(Status::Stale, format!("{what} belongs to another snapshot of the policy set; make it anew")))
    }

    /// The fact of an id, and its place in its record.
    pub(super) fn field(&self, id: u64) -> Result<(FieldId, &Field, usize), Failure> {
        let at = ids::unpack(self.number, Sort::Field, id)?;
        let found = self.schema().fields.get(at).zip(self.positions.get(at));
        let (field, position) = found.ok_or_else(|| Failure::argument("there is no fact of that id"))?;
        Ok((FieldId::of(at), field, *position))
    }

    /// The policy of an id.
    pub(super) fn policy(&self, id: u64) -> Result<PolicyId, Failure> {
        let at = ids::unpack(self.number, Sort::Policy, id)?;
        if at >= self.model().policies.len() {
            return Err(Failure::argument("there is no policy of that id"));
        }
        Ok(PolicyId::of(at))
    }

    /// The kind of record of an id.
    pub(super) fn kind(&self, id: u64) -> Result<(EntityId, &Entity), Failure> {
        let at = ids::unpack(self.number, Sort::Kind, id)?;
        let entity = self.schema().entities.get(at);
        entity.map(|e| (EntityId::of(at), e)).ok_or_else(|| Failure::argument("there is no kind of that id"))
    }

    /// The position in an enum that an id of a value stands for.
    pub(super) fn value(&self, e: EnumId, id: u64) -> Result<u32, Failure> {
        let at = ids::unpack(self.number, Sort::Value, id)?;
        let first = self.offsets.get(e.index()).copied().unwrap_or(0);
        let count = self.schema().enumeration(e).map_or(0, |e| e.values.len());
        at.checked_sub(first)
            .filter(|p| *p < count)
            .and_then(|p| u32::try_from(p).ok())
            .ok_or_else(|| Failure::argument("the value is of another enum than the fact"))
    }

    pub(super) fn id_of_field(&self, field: FieldId) -> u64 {
        ids::pack(self.number, Sort::Field, field.index())
    }

    pub(super) fn id_of_kind(&self, kind: EntityId) -> u64 {
        ids::pack(self.number, Sort::Kind, kind.index())
    }

    pub(super) fn id_of_policy(&self, policy: PolicyId) -> u64 {
        ids::pack(self.number, Sort::Policy, policy.index())
    }

    pub(super) fn id_of_value(&self, e: EnumId, position: usize) -> u64 {
        let first = self.offsets.get(e.index()).copied().unwrap_or(0);
        ids::pack(self.number, Sort::Value, first.saturating_add(position))
    }
}

/// `entitle_snapshot`
pub(super) type Shared = Arc<Snapshot>;

impl Kind for Shared {
    const MARK: u64 = 0x656e_7469_746c_0003;
    const NAME: &'static str = "entitle_snapshot";
}

/// `entitle_snapshot_free`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_free(snapshot: *mut Handle<Shared>) {
    // SAFETY: the header asks for null or a live handle that is used no more.
    unsafe { free(snapshot) }
}

/// `entitle_snapshot_share`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_share(
    snapshot: *const Handle<Shared>,
    out: *mut *mut Handle<Shared>,
    error: *mut Handle<Report>,
) -> i32 {
    edge::guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live snapshot and room for a pointer.
        unsafe {
            let shared = Arc::clone(read(snapshot)?);
            out.write(handle::give(shared));
        }
        Ok(())
    })
}

/// `entitle_snapshot_fingerprint`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_fingerprint(
    snapshot: *const Handle<Shared>,
    out: *mut Str,
    error: *mut Handle<Report>,
) -> i32 {
    edge::guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live snapshot and room for an `entitle_str`.
        unsafe { out.write(Str::lend(read(snapshot)?.engine().fingerprint())) };
        Ok(())
    })
}

/// `entitle_snapshot_revision`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_revision(
    snapshot: *const Handle<Shared>,
    out: *mut u64,
    error: *mut Handle<Report>,
) -> i32 {
    edge::guard(error, || {
        let out = Out::new(out, "out")?;
        // SAFETY: the header asks for a live snapshot and room for a number.
        unsafe {
            let revision = read(snapshot)?.served.revision();
            out.write(revision.ok_or_else(|| Failure::not_found("the policy set did not come from a pack"))?);
        }
        Ok(())
    })
}

/// `entitle_snapshot_schema_json`
#[unsafe(no_mangle)]
unsafe extern "C" fn entitle_snapshot_schema_json(
    snapshot: *const Handle<Shared>,
    out: *mut Handle<Text>,
    error: *mut Handle<Report>,
) -> i32 {
    edge::guard(error, || {
        // SAFETY: the header asks for live handles, and a text that no other thread uses.
        let (snapshot, out) = unsafe { (read(snapshot)?, change(out)?) };
        out.set(&json_schema(snapshot.schema()))
    })
}
