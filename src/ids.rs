//! Numbers for the things a policy set declares. Each is an index into one table of the checked model or its schema.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "pack", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name(pub u32);

        impl $name {
            /// The position in its table.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// The id of a position. Tables are bounded by the size of policy text, far below `u32::MAX`.
            #[must_use]
            pub fn of(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    };
}

id! {
    /// A kind of record: person, household, an entry of a list.
    EntityId
}
id! {
    /// A fact of a record; the index is over all records.
    FieldId
}
id! {
    /// An enum. [`EnumId::POLICY`] is the one whose values are the policies.
    EnumId
}
id! {
    /// A policy; also its value in [`EnumId::POLICY`].
    PolicyId
}
id! {
    /// A parameter.
    ParameterId
}
id! {
    /// A derived fact.
    DefineId
}

impl EnumId {
    /// The enum of policies, which every set has.
    pub const POLICY: Self = Self(0);
}
