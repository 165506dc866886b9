//! A household before it has facts: who lives there, how old they are, how well off they are.
//!
//! The shares are round figures chosen to look like a large Chinese city: an old age pyramid, small households, two in five people
//! registered elsewhere, incomes with a long tail. They are illustrative and were taken from no statistic.

use super::dice::Dice;

/// A household in broad strokes.
#[derive(Clone, Debug)]
pub struct Home {
    /// How well off it is, 0 to 999; poverty and illness lean to the low end, income and property to the high.
    pub standing: i64,
    /// Whether it is registered in the city.
    pub local: bool,
    /// Its district, a weighted number that the vocabulary's own districts are counted by.
    pub district: i64,
    /// Its people; the first is the applicant.
    pub people: Vec<Person>,
}

/// A person in broad strokes.
#[derive(Clone, Debug)]
pub struct Person {
    /// Age in years.
    pub age: i64,
    /// Days since the last birthday.
    pub days: i64,
    /// Whether they are a man.
    pub male: bool,
    /// Their relation to the applicant.
    pub relation: Relation,
    /// Whether they are registered in the city.
    pub local: bool,
    /// Whether they are disabled, and how severely: 0 for not, 1 (most severe) to 4.
    pub disability: i64,
    /// Whether they are seriously ill.
    pub ill: bool,
    /// What they do.
    pub work: Work,
}

/// What somebody is to the applicant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The applicant.
    Oneself,
    /// Husband or wife.
    Spouse,
    /// Son or daughter.
    Child,
    /// Father or mother.
    Parent,
}

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Too young.
    Infant,
    /// At school or university.
    Learning,
    /// In work.
    Working,
    /// Without work.
    Jobless,
    /// Retired.
    Retired,
}

/// How many of a thousand households have one, two, three, four and five people.
const SIZES: [i64; 5] = [290, 330, 230, 95, 55];
/// How the districts of a city compare in size.
const DISTRICTS: [i64; 16] = [30, 45, 28, 40, 50, 32, 52, 230, 105, 90, 75, 33, 77, 51, 46, 26];

impl Home {
    /// A household that a seed gives.
    #[must_use]
    pub fn draw(dice: &mut Dice) -> Self {
        let standing = dice.below(1_000);
        // Who comes from elsewhere comes to work.
        let local = dice.chance(600);
        let district = i64::try_from(dice.pick(&DISTRICTS)).unwrap_or(0);
        let mut home = Self { standing, local, district, people: Vec::new() };
        let adult = |dice: &mut Dice| dice.between(24, 59);
        let elder = |dice: &mut Dice| dice.between(60, 75).saturating_add(dice.below(12)).saturating_add(dice.below(8));
        let elderly = |dice: &mut Dice| dice.chance(if local { 480 } else { 90 });
        match dice.pick(&SIZES) {
            0 => {
                let age = if elderly(dice) { elder(dice) } else { adult(dice) };
                home.add(dice, Relation::Oneself, age);
            }
            1 => {
                let age = if elderly(dice) { elder(dice) } else { adult(dice) };
                home.add(dice, Relation::Oneself, age);
                if age < 60 && dice.chance(180) {
                    home.child(dice);
                } else {
                    home.spouse(dice);
                }
            }
            2 => {
                let age = adult(dice);
                home.add(dice, Relation::Oneself, age);
                if dice.chance(110) {
                    home.child(dice);
                    home.child(dice);
                } else {
                    home.spouse(dice);
                    if dice.chance(830) { home.child(dice) } else { home.parent(dice) }
                }
            }
            3 => {
                let age = dice.between(27, 52);
                home.add(dice, Relation::Oneself, age);
                home.spouse(dice);
                home.child(dice);
                if dice.chance(550) { home.child(dice) } else { home.parent(dice) }
            }
            _ => {
                let age = dice.between(28, 50);
                home.add(dice, Relation::Oneself, age);
                home.spouse(dice);
                home.child(dice);
                home.parent(dice);
                if dice.chance(700) { home.parent(dice) } else { home.child(dice) }
            }
        }
        home
    }

    fn first_age(&self) -> i64 {
        self.people.first().map_or(40, |p| p.age)
    }

    fn spouse(&mut self, dice: &mut Dice) {
        let age = self.first_age().saturating_add(dice.between(-5, 5)).clamp(22, 98);
        self.add(dice, Relation::Spouse, age);
    }

    fn child(&mut self, dice: &mut Dice) {
        let age = self.first_age().saturating_sub(dice.between(23, 34)).max(dice.between(0, 3)).min(34);
        self.add(dice, Relation::Child, age);
    }

    fn parent(&mut self, dice: &mut Dice) {
        let age = self.first_age().saturating_add(dice.between(22, 32)).clamp(50, 99);
        self.add(dice, Relation::Parent, age);
    }

    fn add(&mut self, dice: &mut Dice, relation: Relation, age: i64) {
        let poor = self.standing < 120;
        let male = match (relation, self.people.first()) {
            (Relation::Spouse, Some(first)) => !first.male,
            // Women live longer.
            _ => dice.chance(if age >= 75 { 420 } else { 510 }),
        };
        // Spouses sometimes come from elsewhere; children follow the household.
        let local = match relation {
            Relation::Spouse if self.local => !dice.chance(120),
            _ => self.local,
        };
        let disabled = match age {
            0..=17 => 8,
            18..=59 => 20,
            _ => 70,
        };
        let disability = if dice.chance(if poor { disabled * 4 } else { disabled }) { dice.between(1, 4) } else { 0 };
        let illness = match age {
            0..=39 => 6,
            40..=59 => 20,
            _ => 60,
        };
        let ill = dice.chance(if poor { illness * 3 } else { illness });
        let pension_age = if male { 60 } else { 55 };
        let work = match age {
            0..=2 => Work::Infant,
            3..=17 => Work::Learning,
            18..=22 if dice.chance(650) => Work::Learning,
            a if a >= pension_age => Work::Retired,
            _ if dice.chance(if poor { 450 } else { 60 }) => Work::Jobless,
            _ => Work::Working,
        };
        let days = dice.below(365);
        self.people.push(Person { age, days, male, relation, local, disability, ill, work });
    }
}

/// A monthly wage in yuan for somebody of that standing: half of all between 4,500 and 12,000, one in two hundred far above.
#[must_use]
pub fn wage(standing: i64, dice: &mut Dice) -> i64 {
    let place = standing.saturating_add(dice.between(-180, 180)).clamp(0, 999);
    match place {
        0..=39 => dice.between(800, 2_480),
        40..=179 => dice.between(2_480, 4_500),
        180..=449 => dice.between(4_500, 7_500),
        450..=749 => dice.between(7_500, 14_000),
        750..=929 => dice.between(14_000, 30_000),
        930..=994 => dice.between(30_000, 80_000),
        _ => dice.between(80_000, 400_000),
    }
}
