//! The keyword table: every word of the language in both surfaces. The grammar holds the same table for reading; a
//! test compares the two.

use super::{AttributeKind, CompareOp, UnitWord};

/// Rule of the grammar, English spelling, Chinese spelling.
pub const KEYWORDS: &[(&str, &str, &str)] = &[
    ("k_enum", "enum", "选项"),
    ("k_ascending", "ascending", "由低到高"),
    ("k_record", "record", "档案"),
    ("k_yes_no", "yes/no", "是否"),
    ("k_date", "date", "日期"),
    ("k_list_of", "list of", "若干"),
    ("k_set_of", "set of", "一组"),
    ("k_judged", "judged", "人工认定"),
    ("k_held_by", "held by", "登记于"),
    ("k_class", "class", "性质"),
    ("k_up_to", "up to", "至多"),
    ("k_was", "was", "曾用名"),
    ("k_define", "define", "定义"),
    ("k_parameter", "parameter", "标准"),
    ("k_always", "always", "恒有"),
    ("k_allow", "allow", "允许"),
    ("k_phrases", "phrases", "译文"),
    ("k_policy", "policy", "政策"),
    ("k_for", "for", "面向"),
    ("k_eligible_when", "eligible when", "符合下列条件"),
    ("k_benefit", "benefit", "待遇"),
    ("k_title", "title", "名称"),
    ("k_category", "category", "类别"),
    ("k_department", "department", "部门"),
    ("k_region", "region", "地区"),
    ("k_in_force", "in force", "施行"),
    ("k_source", "source", "依据"),
    ("k_status", "status", "核验"),
    ("k_lasts", "lasts", "期限"),
    ("k_places", "subject to places", "受名额限制"),
    ("k_counts", "counts as income", "计入收入"),
    ("k_apply_at", "apply at", "受理"),
    ("k_bring", "bring", "材料"),
    ("k_not_while_receiving", "not while receiving", "已享受者除外"),
    ("k_not_together_with", "not together with", "不得同时享受"),
    ("k_higher_of", "higher of this and", "择高享受"),
    ("k_same_item_once", "same item once with", "同一项目不重复"),
    ("k_deducts", "deducts", "抵扣"),
    ("k_scenario", "scenario", "样例"),
    ("k_like", "like", "参照"),
    ("k_on", "on", "于"),
    ("k_expect", "expect", "预期"),
    ("k_or_more", "or more", "或更多"),
    ("k_from", "from", "自"),
    ("k_to", "to", "至"),
    ("k_until_notice", "until further notice", "长期有效"),
    ("k_unless", "unless", "除非"),
    ("k_and", "and", "并且"),
    ("k_or", "or", "或者"),
    ("k_not", "not", "并非"),
    ("k_one_of", "one of", "下列之一"),
    ("k_case", "case", "区分"),
    ("k_otherwise", "otherwise", "其余"),
    ("k_all_of", "all of", "同时符合"),
    ("k_any_of", "any of", "符合下列之一"),
    ("k_none_of", "none of", "没有下列情形"),
    ("k_all", "all", "每个"),
    ("k_any", "any", "有"),
    ("k_no", "no", "没有"),
    ("k_at_most", "but at most", "封顶"),
    ("k_at_least", "but at least", "保底"),
    ("k_round_up", "rounded up to", "向上取整到"),
    ("k_round_down", "rounded down to", "向下取整到"),
    ("k_round", "rounded to", "四舍五入到"),
    ("k_as", "as", "折合"),
    ("k_receives", "receives", "正在享受"),
    ("k_not_receiving", "does not receive", "未享受"),
    ("k_recognised", "recognised as", "已认定为"),
    ("k_not_recognised", "not recognised as", "未认定为"),
    ("k_is_not", "is not", "不是"),
    ("k_is", "is", "是"),
    ("k_within", "within", "在"),
    ("k_not_within", "not within", "不在"),
    ("k_includes", "includes", "包括"),
    ("k_not_includes", "does not include", "不包括"),
    ("k_yes", "yes", "是"),
    ("k_no_value", "no", "否"),
];

/// Words that can stand inside a condition or an amount, and therefore cannot be names.
pub const RESERVED: &[&str] = &[
    "and",
    "or",
    "not",
    "unless",
    "one",
    "case",
    "otherwise",
    "from",
    "to",
    "all",
    "any",
    "no",
    "but",
    "rounded",
    "as",
    "receives",
    "is",
    "within",
    "includes",
    "yes",
    "does",
    "recognised",
    "并且",
    "或者",
    "并非",
    "除非",
    "下列之一",
    "区分",
    "其余",
    "自",
    "至",
    "同时符合",
    "符合下列之一",
    "没有下列情形",
    "每个",
    "有",
    "没有",
    "封顶",
    "保底",
    "向上取整到",
    "向下取整到",
    "四舍五入到",
    "折合",
    "正在享受",
    "未享受",
    "已认定为",
    "未认定为",
    "是",
    "不是",
    "在",
    "不在",
    "包括",
    "不包括",
    "否",
    "不超过",
    "不低于",
    "低于",
    "超过",
    "满",
    "未满",
    "早于",
    "晚于",
    "不早于",
    "不晚于",
];

/// A keyword in both surfaces, by its rule.
#[must_use]
pub fn spellings(rule: &str) -> Option<(&'static str, &'static str)> {
    KEYWORDS.iter().find(|(r, _, _)| *r == rule).map(|(_, en, zh)| (*en, *zh))
}

impl AttributeKind {
    /// The rule of its keyword.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Title => "k_title",
            Self::Category => "k_category",
            Self::Department => "k_department",
            Self::Region => "k_region",
            Self::InForce => "k_in_force",
            Self::Source => "k_source",
            Self::Status => "k_status",
            Self::Lasts => "k_lasts",
            Self::SubjectToPlaces => "k_places",
            Self::CountsAsIncome => "k_counts",
            Self::ApplyAt => "k_apply_at",
            Self::Bring => "k_bring",
            Self::NotWhileReceiving => "k_not_while_receiving",
            Self::NotTogetherWith => "k_not_together_with",
            Self::HigherOf => "k_higher_of",
            Self::SameItemOnce => "k_same_item_once",
            Self::Deducts => "k_deducts",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 17] = [
        Self::Title,
        Self::Category,
        Self::Department,
        Self::Region,
        Self::InForce,
        Self::Source,
        Self::Status,
        Self::Lasts,
        Self::SubjectToPlaces,
        Self::CountsAsIncome,
        Self::ApplyAt,
        Self::Bring,
        Self::NotWhileReceiving,
        Self::NotTogetherWith,
        Self::HigherOf,
        Self::SameItemOnce,
        Self::Deducts,
    ];
}

impl CompareOp {
    /// English and Chinese spelling. The Chinese of the four order comparisons is that before an amount of money or a
    /// count; before a length of time and before a date others are used, see the printer.
    #[must_use]
    pub const fn spellings(self) -> (&'static str, &'static str) {
        match self {
            Self::Less => ("<", "低于"),
            Self::LessOrEqual => ("<=", "不超过"),
            Self::Greater => (">", "超过"),
            Self::GreaterOrEqual => (">=", "不低于"),
            Self::Is => ("is", "是"),
            Self::IsNot => ("is not", "不是"),
            Self::Within => ("within", "在"),
            Self::NotWithin => ("not within", "不在"),
            Self::Includes => ("includes", "包括"),
            Self::NotIncludes => ("does not include", "不包括"),
        }
    }
}

impl UnitWord {
    /// English plural, English singular, Chinese, Chinese after a stroke.
    #[must_use]
    pub const fn spellings(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Yuan => ("yuan", "yuan", "元", "元"),
            Self::SquareMetre => ("square metres", "square metre", "平方米", "平方米"),
            Self::Hour => ("hours", "hour", "小时", "小时"),
            Self::Day => ("days", "day", "天", "天"),
            Self::Week => ("weeks", "week", "周", "周"),
            Self::Month => ("months", "month", "个月", "月"),
            Self::Year => ("years", "year", "年", "年"),
            Self::YearOld => ("years old", "year old", "周岁", "周岁"),
            Self::Person => ("people", "person", "人", "人"),
            Self::Time => ("times", "time", "次", "次"),
            Self::Percent => ("percent", "percent", "百分比", "百分比"),
        }
    }
}
