//! Contenders: each is given the profiles beforehand in its own form, as often as it likes, and then answers one at a time.

use crate::data::Set;

#[cfg(feature = "a-tree")]
mod a_tree;
#[cfg(feature = "cedar")]
mod cedar;
#[cfg(feature = "cel")]
mod cel;
#[cfg(feature = "regorus")]
mod regorus;
#[cfg(feature = "rhai")]
mod rhai;
#[cfg(feature = "zen")]
mod zen;

/// Writes the positions of the policies that match the profile of that number.
pub type Answer<'a> = Box<dyn FnMut(usize, &mut Vec<usize>) + 'a>;

pub struct Contender<'a> {
    pub name: String,
    /// How it is used, in a few words.
    pub how: &'static str,
    /// From facts in its own form.
    pub typed: Answer<'a>,
    /// From JSON text.
    pub json: Option<Answer<'a>>,
}

/// The rivals that this program was built with.
pub fn all<'a>(set: &'a Set, texts: &'a [String], missing: bool) -> Vec<Contender<'a>> {
    let mut all: Vec<Contender<'a>> = Vec::new();
    #[cfg(feature = "a-tree")]
    all.push(a_tree::contender(set, texts));
    #[cfg(feature = "zen")]
    all.push(zen::contender(set, texts, missing));
    #[cfg(feature = "rhai")]
    all.push(rhai::contender(set, texts, missing));
    #[cfg(feature = "cel")]
    all.push(cel::contender(set, texts));
    #[cfg(feature = "regorus")]
    all.push(regorus::contender(set, texts));
    #[cfg(feature = "cedar")]
    all.push(cedar::contender(set, texts));
    let _ = (set, texts, missing, &mut all);
    all
}
