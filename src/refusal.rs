//! Why a pack was refused. Each kind is one thing that its keeper can do something about, so callers can tell them apart.

use crate::value::{Date, Language};

/// Why a pack was refused.
///
/// ```
/// use entitle::{Refusal, value::Language};
/// let refusal = Refusal::Revision { found: 3, least: 7 };
/// assert_eq!(refusal.message(Language::En), "the pack has revision 3, and at least 7 is accepted: it is older than what is served");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not begin like a pack.
    NotAPack,
    /// It has another format, with the one this library reads.
    Format {
        /// Its format.
        found: u16,
        /// The one read here.
        known: u16,
    },
    /// It was cut, lengthened or altered, or is larger than any pack may be.
    Damaged,
    /// A signature is demanded and there is none.
    Unsigned,
    /// It is signed, and none of the trusted keys is the one that it names.
    UnknownKey {
        /// The key it names.
        key: String,
    },
    /// It names a trusted key, and the signature is not by that key over this pack.
    Signature,
    /// Its revision goes back.
    Revision {
        /// Its revision.
        found: u64,
        /// The least that is accepted.
        least: u64,
    },
    /// Another pack of the same revision is served already.
    SameRevision {
        /// The revision of both.
        revision: u64,
    },
    /// Its window has not begun.
    NotYet {
        /// The first day of the window.
        from: Date,
        /// The day the caller gave.
        on: Date,
    },
    /// Its window is over.
    Over {
        /// The last day of the window.
        to: Date,
        /// The day the caller gave.
        on: Date,
    },
    /// It has a window, and the caller did not say which day it is.
    NoDay,
    /// Its envelope is whole, and what is inside is no policy set that any text could have given.
    Content {
        /// What is wrong, in English.
        what: String,
    },
}

impl Refusal {
    /// The refusal as a sentence.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match language {
            Language::En => self.english(),
            Language::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NotAPack => "this is not a policy pack: write one with `pack`".to_owned(),
            Self::Format { found, known } => {
                format!("the pack has format {found}, and this library reads format {known}: pack the policies again")
            }
            Self::Damaged => "the pack was cut or altered: fetch it again".to_owned(),
            Self::Unsigned => {
                "the pack is not signed, and a signature is demanded: sign it with `pack --sign`".to_owned()
            }
            Self::UnknownKey { key } => format!("the pack is signed with key {key}, which is not trusted here"),
            Self::Signature => {
                "the signature is not by the key it names over this pack: it belongs to another pack, or was altered"
                    .to_owned()
            }
            Self::Revision { found, least } => format!(
                "the pack has revision {found}, and at least {least} is accepted: it is older than what is served"
            ),
            Self::SameRevision { revision } => format!(
                "another pack of revision {revision} is served, and the two differ: give the newer one a higher revision"
            ),
            Self::NotYet { from, on } => format!("the pack is valid from {from} on, and it is {on}"),
            Self::Over { to, on } => format!("the pack was valid until {to}, and it is {on}: fetch a newer one"),
            Self::NoDay => "the pack is valid for a span of days only: say which day it is".to_owned(),
            Self::Content { what } => format!("the pack is whole, but no policy set is in it: {what}"),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::NotAPack => "这不是政策包：请用 `pack` 生成".to_owned(),
            Self::Format { found, known } => {
                format!("政策包的格式为 {found}，本程序只读取格式 {known}：请重新打包")
            }
            Self::Damaged => "政策包不完整或被改动：请重新获取".to_owned(),
            Self::Unsigned => "政策包没有签名，而此处要求签名：请用 `pack --sign` 签名".to_owned(),
            Self::UnknownKey { key } => format!("政策包由密钥 {key} 签名，此处不信任该密钥"),
            Self::Signature => "签名与所称密钥和本政策包不符：属于另一政策包，或被改动".to_owned(),
            Self::Revision { found, least } => {
                format!("政策包的修订号为 {found}，至少须为 {least}：比正在使用的旧")
            }
            Self::SameRevision { revision } => {
                format!("正在使用的另一政策包修订号同为 {revision}，内容却不同：较新的应有更高的修订号")
            }
            Self::NotYet { from, on } => format!("政策包自 {from} 起有效，今天是 {on}"),
            Self::Over { to, on } => format!("政策包有效期至 {to}，今天是 {on}：请获取新的政策包"),
            Self::NoDay => "政策包只在一段日期内有效：请说明今天的日期".to_owned(),
            Self::Content { what } => format!("政策包完整，但其中不是政策集：{what}"),
        }
    }
}
