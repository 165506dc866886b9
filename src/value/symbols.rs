//! Values of an enum, by their positions.

use std::ops::Deref;
use std::sync::Arc;

/// Positions of values of an enum. Nearly always there is one, which needs no memory of its own; a copy of several shares them.
///
/// ```
/// use entitle::value::Symbols;
/// assert_eq!(Symbols::from(3).first(), Some(&3));
/// assert_eq!([1, 2].into_iter().collect::<Symbols>().len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Symbols(Held);

#[derive(Clone, Debug)]
enum Held {
    One(u32),
    Several(Arc<[u32]>),
}

impl Deref for Symbols {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match &self.0 {
            Held::One(symbol) => std::slice::from_ref(symbol),
            Held::Several(symbols) => symbols,
        }
    }
}

impl PartialEq for Symbols {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Symbols {}

impl From<u32> for Symbols {
    fn from(symbol: u32) -> Self {
        Self(Held::One(symbol))
    }
}

impl From<&[u32]> for Symbols {
    fn from(symbols: &[u32]) -> Self {
        match symbols {
            [one] => Self::from(*one),
            several => Self(Held::Several(several.into())),
        }
    }
}

impl FromIterator<u32> for Symbols {
    fn from_iter<I: IntoIterator<Item = u32>>(symbols: I) -> Self {
        Self::from(symbols.into_iter().collect::<Vec<u32>>().as_slice())
    }
}
