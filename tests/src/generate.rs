//! Small random policy sets, as text, so that everything goes through the front door; and profiles with gaps.
//!
//! The vocabulary is fixed and tiny (a few values a fact, at most two members), so that every completion of a profile can be
//! tried. What varies is the policies: conditions of every form, nested.

use entitle::Engine;
use entitle::ids::{EntityId, EnumId};
use entitle::profile::{Profile, RecordIx, Slot};
use entitle::schema::FieldType;

/// A small generator of numbers; the same seed gives the same case everywhere.
pub struct Dice {
    state: u64,
    /// What is thrown first, two bytes a throw: a fuzzer then steers each choice.
    thrown: Vec<u8>,
}

impl Dice {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9E37_79B9_7F4A_7C15, thrown: Vec::new() }
    }

    /// Takes its throws from bytes, and goes on by itself when they are used up.
    pub fn thrown(bytes: &[u8]) -> Self {
        let seed = bytes.iter().fold(bytes.len() as u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3));
        Self { thrown: bytes.iter().rev().copied().collect(), ..Self::new(seed) }
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        if let (Some(low), high) = (self.thrown.pop(), self.thrown.pop()) {
            return (u64::from(high.unwrap_or(0)) << 8 | u64::from(low)) % n.max(1);
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % n.max(1)
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }
}

/// The vocabulary of every generated set.
pub const VOCABULARY: &str = r#"
enum category "类别" { welfare "福利" }
enum level "等级" ascending { low "低档", mid "中档", high "高档" }
enum place "地点" { city "城市" { east "城东", west "城西" }; far "外地" }
record person "人员" {
    happy "快乐": yes/no
    judged_poor "认定贫困": yes/no judged
    level: level
    lives_at "住处": place
    coins "硬币": times from 0 times to 3 times
    born "生日": date from 2000-01-01 to 2000-01-04
    home "住家": household
    benefits "待遇清单": set of policy
}
record household "家庭" {
    applicant "申请人": person
    members "成员": list of person up to 2
    savings "积蓄": times from 0 times to 2 times
    flag "标记": yes/no
}
always person "the happy have a coin": not happy or coins >= 1 time
define person.young "年轻" = today - born < 3 days
define household.pooled "合计硬币" = members.coins.sum
parameter limit "限额": times { from 2000-01-01 to 2000-06-30: 2; from 2000-07-01 to 2000-07-31: none; from 2000-08-01 until further notice: 1 }
"#;

fn leaf(dice: &mut Dice, deep: bool) -> String {
    let number = dice.below(4);
    let op = dice.pick(&["<", "<=", ">", ">="]);
    let level = dice.pick(&["low", "mid", "high"]);
    match dice.below(if deep { 12 } else { 17 }) {
        0 => "happy".to_owned(),
        1 => "not happy".to_owned(),
        2 => format!("level {op} {level}"),
        3 => format!("level is one of ({level}, high)"),
        4 => format!("lives_at within {}", dice.pick(&["city", "east", "far"])),
        5 | 6 => format!("coins {op} {number} times"),
        7 => format!("born {op} 2000-01-0{}", number + 1),
        8 => "young".to_owned(),
        9 => format!("receives {}", dice.pick(&["p0", "p1", "one of (p0, p1)"])),
        10 => "judged_poor".to_owned(),
        11 => format!("coins {op} limit"),
        12 => "home.flag".to_owned(),
        13 => format!("coins + home.savings {op} {number} times"),
        14 => format!("coins {op} case level {{ low: 0 times; mid: {number} times; high: 2 times }}"),
        15 => format!("home.members.count {op} {number} people"),
        _ => format!("home.pooled {op} {number} times"),
    }
}

fn condition(dice: &mut Dice, depth: u64, deep: bool) -> String {
    if depth == 0 {
        return leaf(dice, deep);
    }
    let (a, b) = (condition(dice, depth - 1, deep), condition(dice, depth - 1, deep));
    match dice.below(if deep { 6 } else { 10 }) {
        0 => format!("(({a}) and ({b}))"),
        1 => format!("(({a}) or ({b}))"),
        2 => format!("any of {{ {a}; {b} }}"),
        3 => format!("none of {{ {a}; {b} }}"),
        4 => format!("(({a}) unless ({b}))"),
        5 => a,
        6 => format!("any home.members {{ {} }}", condition(dice, 1, true)),
        7 => format!("all home.members[{}] {{ {} }}", leaf(dice, true), condition(dice, 1, true)),
        8 => format!("no home.members[{}]", leaf(dice, true)),
        _ => format!("home.members[{}].count >= {} people", leaf(dice, true), dice.below(3)),
    }
}

/// The policies of a set, as text.
pub fn policies(dice: &mut Dice) -> String {
    (0..2).map(|i| policy(dice, i)).collect()
}

/// One policy, as text.
pub fn policy(dice: &mut Dice, i: u64) -> String {
    let depth = dice.below(3);
    let conditions: Vec<String> = (0..=dice.below(2)).map(|_| condition(dice, depth, false)).collect();
    format!(
        "policy p{i} \"政策{}\" for person {{\n    category: welfare\n    in force: from 2000-01-01 until further notice\n    source: \"s\"\n    status: illustrative\n    eligible when {{\n        {}\n    }}\n}}\n",
        ["甲", "乙", "丙"][i as usize],
        conditions.join("\n        "),
    )
}

/// Opens the vocabulary with these policies.
pub fn open(policies: &str) -> Engine {
    let texts =
        [("vocabulary.policy".to_owned(), VOCABULARY.to_owned()), ("policies.policy".to_owned(), policies.to_owned())];
    Engine::from_texts(texts).unwrap_or_else(|e| {
        let lines: Vec<String> = e.findings().iter().map(|f| f.line(e.sources().unwrap())).collect();
        panic!("{policies}\n{}", lines.join("\n"))
    })
}

/// A profile with gaps that contradicts nothing.
pub fn profile(engine: &Engine, dice: &mut Dice) -> Profile {
    let schema = engine.schema();
    let entity = |name: &str| schema.entity_named(name).unwrap();
    let (person, household) = (entity("person"), entity("household"));
    let mut profile = Profile::new();
    let one = profile.add(schema, person);
    let home = profile.add(schema, household);
    profile.set_root(one);
    profile.set_root(home);
    let field = |e: EntityId, n: &str| schema.field_named(e, n).unwrap();
    profile.link(schema, home, field(household, "applicant"), Slot::Record(one));
    profile.link(schema, one, field(person, "home"), Slot::Record(home));
    match dice.below(4) {
        0 => {}
        1 => profile.link(schema, home, field(household, "members"), Slot::List { items: vec![one], complete: true }),
        2 => profile.link(schema, home, field(household, "members"), Slot::List { items: vec![one], complete: false }),
        _ => {
            let other = profile.add(schema, person);
            profile.link(
                schema,
                home,
                field(household, "members"),
                Slot::List { items: vec![one, other], complete: true },
            );
        }
    }
    for ix in (0..profile.len() as u32).map(RecordIx) {
        let entity = profile.record(ix).unwrap().entity;
        for (at, id) in schema.entity(entity).unwrap().fields.iter().enumerate() {
            let field = schema.field(*id).unwrap();
            if dice.below(10) < 4 {
                continue;
            }
            let slot = match field.ty {
                FieldType::Record(_) | FieldType::List(_) => continue,
                FieldType::Set(e) => set(schema.enumeration(e).unwrap().values.len() as u32, dice, e),
                _ => Slot::Scalar(field.range.0 + dice.below((field.range.1 - field.range.0 + 1) as u64) as i64),
            };
            profile.set(ix, at, slot);
        }
        // The happy have a coin.
        let at = |n: &str| schema.field_named(person, n).and_then(|f| entitle::profile::position(schema, f)).unwrap();
        if entity == person
            && *profile.slot(ix, at("happy")) == Slot::Scalar(1)
            && *profile.slot(ix, at("coins")) == Slot::Scalar(0)
        {
            profile.set(ix, at("coins"), Slot::Scalar(1));
        }
    }
    profile
}

fn set(count: u32, dice: &mut Dice, _: EnumId) -> Slot {
    let (mut known, mut not) = (Vec::new(), Vec::new());
    for value in 0..count {
        match dice.below(3) {
            0 => known.push(value),
            1 => not.push(value),
            _ => {}
        }
    }
    let complete = dice.below(2) == 0;
    Slot::Set { known, not: if complete { Vec::new() } else { not }, complete }
}
