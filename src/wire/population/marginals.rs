//! Which facts of a vocabulary a synthetic household gets, and how they are drawn.
//!
//! A fact is known by record and name; a vocabulary that has others, or lacks some, gets those it has. Facts that only a
//! caseworker can say are never filled.

use super::dice::Dice;
use super::people::{Home, Person, Relation, Work, wage};
use crate::ids::FieldId;
use crate::schema::{FieldType, Schema};
use crate::value::Date;

/// What a draw gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Nothing.
    Unknown,
    /// Whole units: yuan, months, people.
    Whole(i64),
    /// A day.
    Day(i64),
    /// Yes or no.
    Answer(bool),
    /// The place in [`Line::names`] of the value.
    Choice(usize),
    /// A district, by its number.
    District(i64),
    /// Somewhere outside the city.
    Elsewhere,
    /// How many entries a list has.
    Entries(i64),
}

type OfPerson = fn(&Home, &Person, i64, &mut Dice) -> Fill;
type OfHome = fn(&Home, i64, &mut Dice) -> Fill;

/// How one fact is drawn.
#[derive(Clone, Copy)]
pub enum Draw {
    /// Of a person: the household, the person, the as-of day.
    Person(OfPerson),
    /// Of a household.
    Home(OfHome),
    /// Of an entry of a list, wherever it stands.
    Entry(OfHome),
}

/// One fact of the table.
#[derive(Clone, Copy)]
pub struct Line {
    /// The fact.
    pub name: &'static str,
    /// The values that [`Fill::Choice`] counts.
    pub names: &'static [&'static str],
    /// How it is drawn.
    pub draw: Draw,
}

const fn person(name: &'static str, names: &'static [&'static str], draw: OfPerson) -> Line {
    Line { name, names, draw: Draw::Person(draw) }
}
const fn home(name: &'static str, names: &'static [&'static str], draw: OfHome) -> Line {
    Line { name, names, draw: Draw::Home(draw) }
}
const fn entry(name: &'static str, names: &'static [&'static str], draw: OfHome) -> Line {
    Line { name, names, draw: Draw::Entry(draw) }
}

/// The facts that are drawn.
pub const TABLE: &[Line] = &[
    person("birth_date", &[], |_, p, today, _| Fill::Day(birth(p, today))),
    person("sex", &["male", "female"], |_, p, _, _| Fill::Choice(usize::from(!p.male))),
    person("hukou", &[], |h, p, _, _| if p.local { Fill::District(h.district) } else { Fill::Elsewhere }),
    person("hukou_since", &[], |_, p, today, d| {
        // Nobody is registered before birth; most are from birth on.
        let born = birth(p, today);
        Fill::Day(if d.chance(800) { born } else { d.between(born, today) })
    }),
    person("residence", &[], |h, _, _, d| Fill::District(if d.chance(930) { h.district } else { d.below(16) })),
    person("permit_valid", &[], |_, p, _, d| Fill::Answer(!p.local && d.chance(640))),
    person("relation_to_applicant", &["self", "spouse", "child", "parent"], |_, p, _, _| {
        Fill::Choice(match p.relation {
            Relation::Oneself => 0,
            Relation::Spouse => 1,
            Relation::Child => 2,
            Relation::Parent => 3,
        })
    }),
    person("lives_together", &[], |_, _, _, d| Fill::Answer(d.chance(970))),
    person("alive", &[], |_, _, _, _| Fill::Answer(true)),
    person("chinese_citizen", &[], |_, _, _, d| Fill::Answer(d.chance(992))),
    person("custody", &["none", "prison", "compulsory_detox"], |_, p, _, d| {
        Fill::Choice(if p.age < 18 { 0 } else { d.pick(&[997, 2, 1]) })
    }),
    person("clergy", &[], |_, p, _, d| Fill::Answer(p.age >= 18 && d.chance(2))),
    person("living_apart", &[], |_, _, _, d| Fill::Whole(if d.chance(990) { 0 } else { d.between(1, 6) })),
    person("working_capacity", &["none", "partial", "full"], |_, p, _, d| {
        let able = (18..60).contains(&p.age);
        Fill::Choice(match p.disability {
            1 | 2 => d.pick(&[700, 300, 0]),
            3 | 4 => d.pick(&[200, 600, 200]),
            _ if able => d.pick(&[5, 15, 980]),
            _ => 0,
        })
    }),
    person("employment_status", &["employed", "unemployed", "retired"], |_, p, _, _| match p.work {
        Work::Working => Fill::Choice(0),
        Work::Jobless => Fill::Choice(1),
        Work::Retired => Fill::Choice(2),
        Work::Infant | Work::Learning => Fill::Unknown,
    }),
    person("labour_income", &[], |h, p, _, d| {
        Fill::Whole(if p.work == Work::Working { wage(h.standing, d) } else { 0 })
    }),
    person("annual_income", &[], |h, p, _, d| {
        Fill::Whole(if p.work == Work::Working { wage(h.standing, d).saturating_mul(12) } else { 0 })
    }),
    person("pension", &[], |h, p, _, d| Fill::Whole(if p.work == Work::Retired { pension(h, p, d) } else { 0 })),
    person("other_income", &[], |h, p, _, d| {
        Fill::Whole(match p.work {
            Work::Retired => pension(h, p, d),
            _ if d.chance(80) => d.between(100, 3_000),
            _ => 0,
        })
    }),
    person("draws_pension", &[], |_, p, _, _| Fill::Answer(p.work == Work::Retired)),
    person("registered_unemployed", &[], |_, p, _, d| Fill::Answer(p.work == Work::Jobless && d.chance(550))),
    person("job_seeking", &[], |_, p, _, d| Fill::Answer(p.work == Work::Jobless && d.chance(800))),
    person("unemployed_since", &[], |_, p, today, d| match p.work {
        Work::Jobless => Fill::Day(today.saturating_sub(d.below(1_400))),
        _ => Fill::Unknown,
    }),
    person("refusals", &[], |_, _, _, d| Fill::Whole(if d.chance(980) { 0 } else { d.between(1, 4) })),
    person("contributed", &[], |_, p, _, d| {
        Fill::Whole(if p.local && p.age > 22 { d.below(p.age.saturating_sub(21).saturating_mul(12)) } else { 0 })
    }),
    person("certificate_valid", &[], |_, p, _, d| Fill::Answer(p.disability > 0 && d.chance(900))),
    person("disability_kind", &["none", "intellectual", "mental", "physical", "visual", "hearing"], |_, p, _, d| {
        Fill::Choice(if p.disability == 0 { 0 } else { d.pick(&[0, 80, 110, 530, 130, 150]) })
    }),
    person("disability_level", &["none", "level_one", "level_two", "level_three", "level_four"], |_, p, _, _| {
        Fill::Choice(usize::try_from(p.disability).unwrap_or(0))
    }),
    person("dependency", &["none", "light", "moderate", "severe"], |_, p, _, d| {
        Fill::Choice(match (p.age, p.disability) {
            (_, 1) => d.pick(&[100, 200, 300, 400]),
            (80.., _) => d.pick(&[550, 250, 120, 80]),
            _ => d.pick(&[985, 10, 3, 2]),
        })
    }),
    person(
        "care_level",
        &["care_zero", "care_one", "care_two", "care_three", "care_four", "care_five", "care_six"],
        |_, p, _, d| {
            Fill::Choice(match p.age {
                0..=59 => 0,
                60..=79 => d.pick(&[940, 10, 20, 12, 8, 6, 4]),
                _ => d.pick(&[700, 40, 90, 70, 45, 35, 20]),
            })
        },
    ),
    person("serious_illness", &[], |_, p, _, _| Fill::Answer(p.ill)),
    person("major_illness", &[], |_, p, _, _| Fill::Answer(p.ill)),
    person("infectious", &[], |_, _, _, d| Fill::Answer(d.chance(4))),
    person("medical_insurance", &["none", "employee_insurance", "resident_insurance"], |_, p, _, d| match p.work {
        Work::Working => Fill::Choice(d.pick(&[60, 900, 40])),
        Work::Retired => Fill::Choice(d.pick(&[20, 780, 200])),
        _ => Fill::Choice(d.pick(&[60, 40, 900])),
    }),
    person(
        "stage",
        &["none", "compulsory", "senior_high", "secondary_vocational", "junior_college", "bachelor"],
        |_, p, _, d| match (p.work, p.age) {
            (Work::Learning, 6..=14) => Fill::Choice(1),
            (Work::Learning, 15..=17) => Fill::Choice(d.pick(&[0, 0, 620, 380, 0, 0])),
            (Work::Learning, 18..) => Fill::Choice(d.pick(&[0, 0, 0, 0, 400, 600])),
            _ => Fill::Choice(0),
        },
    ),
    person("full_time", &[], |_, p, _, _| Fill::Answer(p.work == Work::Learning && p.age >= 6)),
    person("registered_this_year", &[], |_, p, _, d| Fill::Answer(p.work == Work::Learning && d.chance(980))),
    person("preschool", &[], |_, p, _, _| Fill::Answer((3..=5).contains(&p.age))),
    person("pregnant", &[], |_, p, _, d| Fill::Answer(!p.male && (20..45).contains(&p.age) && d.chance(30))),
    person("tuberculosis", &[], |_, _, _, d| Fill::Answer(d.chance(1))),
    person("service_left", &[], |_, p, _, d| Fill::Answer(p.male && p.age >= 20 && d.chance(45))),
    person("rights_suspended", &[], |_, _, _, _| Fill::Answer(false)),
    home("monetary_assets", &[], |h, _, d| Fill::Whole(assets(h, d))),
    home("disposable_income", &[], |h, _, d| {
        let earners = h.people.iter().filter(|p| p.work == Work::Working).count();
        let wages = (0..earners).fold(0i64, |sum, _| sum.saturating_add(wage(h.standing, d)));
        Fill::Whole(wages.saturating_mul(12))
    }),
    home("medical_outlay", &[], |h, _, d| {
        let ill = h.people.iter().any(|p| p.ill);
        Fill::Whole(if ill { d.between(5_000, 120_000) } else { d.below(6_000) })
    }),
    home("education_outlay", &[], |h, _, d| {
        let learning = h.people.iter().any(|p| p.work == Work::Learning);
        Fill::Whole(if learning { d.between(500, 30_000) } else { 0 })
    }),
    home("living_area", &[], |h, _, d| {
        let size = i64::try_from(h.people.len()).unwrap_or(1);
        Fill::Whole(size.saturating_mul(d.between(6, 12)).saturating_add(h.standing / 12))
    }),
    home("housing_zone", &["central", "near_suburb", "outer_suburb"], |h, _, _| {
        Fill::Choice(match h.district {
            0..=6 => 0,
            7..=10 => 1,
            _ => 2,
        })
    }),
    home("rural", &[], |h, _, d| Fill::Answer(h.local && h.district >= 11 && d.chance(350))),
    home("handling_region", &[], |h, _, _| Fill::District(h.district)),
    home("vehicles", &[], |h, _, d| {
        Fill::Entries(i64::from(d.chance(h.standing / 2)).saturating_add(i64::from(d.chance(h.standing / 20))))
    }),
    entry("vehicle_use", &["daily_life", "disability_mobility"], |_, _, d| Fill::Choice(d.pick(&[985, 15]))),
    home("dwellings", &[], |h, _, d| {
        let first = d.chance(if h.local { 850 } else { 330 });
        Fill::Entries(i64::from(first).saturating_add(i64::from(first && d.chance(h.standing / 4))))
    }),
    entry("floor_area", &[], |h, _, d| Fill::Whole(d.between(28, 70).saturating_add(h.standing / 14))),
    home("premises", &[], |h, _, d| Fill::Entries(i64::from(d.chance(h.standing / 40)))),
    entry("converted", &[], |_, _, d| Fill::Answer(d.chance(100))),
    entry("only_home", &[], |_, _, d| Fill::Answer(d.chance(50))),
    home("transfers", &[], |_, today, d| {
        let _ = today;
        Fill::Entries(i64::from(d.chance(25)))
    }),
    entry("transferred_on", &[], |_, today, d| Fill::Day(today.saturating_sub(d.below(4_000)))),
    entry("transfer_reason", &["medical_costs", "other_reason"], |_, _, d| Fill::Choice(d.pick(&[200, 800]))),
    home("false_declarations", &[], |_, _, d| Fill::Entries(i64::from(d.chance(4)))),
    entry("found_on", &[], |_, today, d| Fill::Day(today.saturating_sub(d.below(2_000)))),
];

/// Who receives what: the policy, and of a thousand people (or households) who look as if it were for them, how many do.
pub struct Receipt {
    /// The policy.
    pub policy: &'static str,
    /// Whether it looks as if it were for them; of a household policy the person is the applicant.
    pub looks: fn(&Home, &Person) -> bool,
    /// How many of a thousand who do receive it. The rest are those whom a scan looks for.
    pub permille: i64,
}

/// What is received.
pub const RECEIPTS: &[Receipt] = &[
    Receipt { policy: "dibao", looks: |h, _| h.local && h.standing < 25, permille: 820 },
    Receipt {
        policy: "low_income_household_recognition",
        looks: |h, _| h.local && (25..50).contains(&h.standing),
        permille: 640,
    },
    Receipt { policy: "elderly_comprehensive_allowance", looks: |_, p| p.local && p.age >= 65, permille: 930 },
    Receipt {
        policy: "disability_living_subsidy",
        looks: |h, p| p.local && (1..=2).contains(&p.disability) && h.standing < 150,
        permille: 700,
    },
    Receipt {
        policy: "disability_nursing_subsidy",
        looks: |_, p| p.local && (1..=2).contains(&p.disability),
        permille: 760,
    },
    Receipt {
        policy: "unemployment_insurance_benefit",
        looks: |_, p| p.local && p.work == Work::Jobless,
        permille: 350,
    },
];

fn birth(person: &Person, today: i64) -> i64 {
    let turned = Date::from_days(today).and_then(|t| t.add_months(person.age.saturating_mul(-12)));
    turned.map_or(today, Date::days).saturating_sub(person.days)
}

fn pension(home: &Home, person: &Person, dice: &mut Dice) -> i64 {
    if person.local {
        dice.between(1_100, 3_400).saturating_add(home.standing.saturating_mul(5))
    } else {
        dice.between(0, 1_500)
    }
}

fn assets(home: &Home, dice: &mut Dice) -> i64 {
    match home.standing {
        0..=59 => dice.between(0, 30_000),
        60..=399 => dice.between(5_000, 250_000),
        400..=899 => dice.between(50_000, 1_500_000),
        _ => dice.between(500_000, 20_000_000),
    }
}

/// A fill in the schema's own measure; none where the vocabulary's fact is of another type or does not go as far.
pub(super) fn grains(schema: &Schema, id: FieldId, line: &Line, fill: &Fill, districts: &[u32]) -> Option<i64> {
    let field = schema.field(id)?;
    let raw = match (fill, field.ty) {
        (Fill::Whole(value), FieldType::Quantity(unit)) => value.checked_mul(unit.grains())?,
        (Fill::Day(day), FieldType::Date) => *day,
        (Fill::Answer(yes), FieldType::YesNo) => i64::from(*yes),
        (Fill::Choice(at), FieldType::Symbol(e)) => i64::from(schema.symbol_named(e, line.names.get(*at)?)?),
        (Fill::District(at), FieldType::Symbol(_)) => {
            let count = districts.len().max(1);
            i64::from(*districts.get(usize::try_from(*at).ok()? % count)?)
        }
        (Fill::Elsewhere, FieldType::Symbol(e)) => {
            // The last place of the tree that is inside no other.
            let values = &schema.enumeration(e)?.values;
            i64::try_from(values.iter().rposition(|v| v.parent.is_none())?).ok()?
        }
        _ => return None,
    };
    (field.range.0..=field.range.1).contains(&raw).then_some(raw)
}
