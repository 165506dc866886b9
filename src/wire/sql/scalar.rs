//! Numbers in SQL, exact: integers over a known scale, quotients as two integers, bounds proved to fit 64 bits.

use super::scope::{Kept, Scalar, Text};
use super::truth::Writer;
use crate::graph::{Cause, Fold, Node, NodeId};
use crate::schema::FieldType;
use crate::value::{Number, Rounding};

type Bounds = (i128, i128);

/// The least and the most of an operation that is monotone in both operands.
pub(super) fn spread(a: Bounds, b: Bounds, f: impl Fn(i128, i128) -> Option<i128>) -> Result<Bounds, String> {
    let corners = [f(a.0, b.0), f(a.0, b.1), f(a.1, b.0), f(a.1, b.1)];
    let (mut least, mut most) = (i128::MAX, i128::MIN);
    for corner in corners {
        let value = corner.filter(|v| v.unsigned_abs() < 1 << 63).ok_or_else(too_large)?;
        (least, most) = (least.min(value), most.max(value));
    }
    Ok((least, most))
}

fn too_large() -> String {
    "its arithmetic can pass 64 bits within the bounds of its facts; narrower bounds (`from A to B`) would do"
        .to_owned()
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a.checked_rem(b).unwrap_or(0));
    }
    i128::try_from(a).unwrap_or(1).max(1)
}

/// The product of two pieces; a factor of 1 is not written.
fn times(a: &Text, b: &str) -> Text {
    match (a.sql.as_str(), b) {
        (_, "1") => a.clone(),
        ("1", _) => a.with(b),
        _ => a.with(format!("({} * {b})", a.sql)),
    }
}

fn multiplied(a: &Text, b: Option<&Text>) -> Text {
    match b {
        None => a.clone(),
        Some(b) => {
            let mut product = times(a, &b.sql);
            product.needs(&b.after);
            product
        }
    }
}

impl Scalar {
    fn whole(num: Text, bounds: Bounds) -> Self {
        Self { num, den: None, scale: 1, num_bounds: bounds, den_bounds: (1, 1) }
    }

    /// The same number with another numerator and its bounds.
    fn scaled(&self, factor: i128) -> Result<Self, String> {
        let num_bounds = spread(self.num_bounds, (factor, factor), i128::checked_mul)?;
        Ok(Self { num: times(&self.num, &factor.to_string()), num_bounds, ..self.clone() })
    }

    /// `num / den` where the scale has gone into the denominator of the other side.
    fn across(&self, other: &Self) -> Result<(Text, Bounds), String> {
        let common = gcd(self.scale, other.scale);
        let mine = self.scaled(other.scale.checked_div(common).unwrap_or(1))?;
        let bounds = spread(mine.num_bounds, other.den_bounds, i128::checked_mul)?;
        Ok((multiplied(&mine.num, other.den.as_ref()), bounds))
    }
}

/// Two numbers written so that a comparison of the pieces is a comparison of the numbers.
pub(super) fn compared(a: &Scalar, b: &Scalar) -> Result<(Text, Text), String> {
    Ok((a.across(b)?.0, b.across(a)?.0))
}

impl Writer<'_> {
    pub(super) fn scalar(&mut self, id: NodeId) -> Result<Scalar, String> {
        if let Some(Kept::Scalar(scalar)) = self.kept(id) {
            return Ok(scalar);
        }
        let mut scalar = self.scalar_of(id)?;
        if self.is_shared(id) {
            self.short(id, &mut scalar);
            self.keep(id, Kept::Scalar(scalar.clone()));
        }
        Ok(scalar)
    }

    /// Gives long pieces a column of their own at the level of a node.
    fn short(&mut self, id: NodeId, scalar: &mut Scalar) {
        scalar.num = self.named(id, scalar.num.clone(), "n");
        scalar.den = scalar.den.take().map(|den| self.named(id, den, "d"));
    }

    /// A number that may be repeated in the text.
    fn short_scalar(&mut self, at: NodeId, id: NodeId) -> Result<Scalar, String> {
        let mut scalar = self.scalar(id)?;
        self.short(at, &mut scalar);
        Ok(scalar)
    }

    fn scalar_of(&mut self, id: NodeId) -> Result<Scalar, String> {
        let bound = self.bound;
        match bound.graph.node(id) {
            Node::Number(n) => number(*n),
            Node::Today => {
                let today = i128::from(bound.as_of.days());
                Ok(Scalar::whole(Text::new(today.to_string()), (today, today)))
            }
            Node::Fact(fact) => {
                let Some(field) = self.layout.schema.field(fact.field) else {
                    return Err("it reads a fact that is not declared".to_owned());
                };
                let column = self.fact(*fact)?;
                let (sql, grains) = match field.ty {
                    FieldType::Quantity(unit) => (column.sql.clone(), i128::from(unit.grains())),
                    FieldType::Date => (self.layout.day_number(&column.sql), 1),
                    FieldType::Symbol(of) => (self.position(of, &column.sql), 1),
                    _ => (format!("CASE {} WHEN TRUE THEN 1 WHEN FALSE THEN 0 END", column.sql), 1),
                };
                let bounds = (i128::from(field.range.0), i128::from(field.range.1));
                Ok(Scalar { scale: grains, ..Scalar::whole(column.with(sql), bounds) })
            }
            Node::Count(list) => self.count(*list),
            Node::Fold(fold, list, body) => self.folded(*fold, *list, *body),
            Node::Add(a, b) => self.sum(*a, *b, "+"),
            Node::Subtract(a, b) => self.sum(*a, *b, "-"),
            Node::Multiply(a, b, factor) => {
                let (a, b) = (self.scalar(*a)?, self.scalar(*b)?);
                let num = multiplied(&a.num, Some(&b.num));
                let den = match (&a.den, &b.den) {
                    (Some(x), y) => Some(multiplied(x, y.as_ref())),
                    (None, y) => y.clone(),
                };
                let num_bounds = spread(a.num_bounds, b.num_bounds, i128::checked_mul)?;
                let den_bounds = spread(a.den_bounds, b.den_bounds, i128::checked_mul)?;
                let scale = a.scale.checked_mul(b.scale).ok_or_else(too_large)?;
                Scalar { num, den, scale, num_bounds, den_bounds }.by(*factor)
            }
            Node::Divide(a, b, factor) => self.quotient(id, *a, *b, *factor),
            Node::Least(a, b) => self.chosen(id, *a, *b, "<="),
            Node::Most(a, b) => self.chosen(id, *a, *b, ">="),
            Node::Round(mode, a, step) => self.rounded(id, *mode, *a, *step),
            Node::Case(rows, otherwise) => self.case(id, rows, *otherwise),
            Node::Shift(date, count, step) => {
                let (date, count) = (self.short_scalar(id, *date)?, self.short_scalar(id, *count)?);
                if date.den.is_some() || count.den.is_some() || date.scale != 1 || count.scale != 1 {
                    return Err("it moves a date by a number that need not be whole".to_owned());
                }
                self.layout.shifted(&date, &count, *step)
            }
            Node::Year(date) => {
                let date = self.scalar(*date)?;
                let year = self.layout.options.dialect.year(&date.num.sql);
                Ok(Scalar::whole(date.num.with(year), (1, 9999)))
            }
            Node::Month(date) => {
                let date = self.scalar(*date)?;
                let month = self.layout.options.dialect.month(&date.num.sql);
                Ok(Scalar::whole(date.num.with(month), (1, 12)))
            }
            Node::Unknown(Cause::Parameter(_) | Cause::NoFigure) => {
                Ok(Scalar::whole(Text::new("CAST(NULL AS BIGINT)"), (0, 0)))
            }
            _ => Err("it has a number of a form that is not known here".to_owned()),
        }
    }

    fn sum(&mut self, a: NodeId, b: NodeId, sign: &str) -> Result<Scalar, String> {
        let (a, b) = (self.scalar(a)?, self.scalar(b)?);
        let ((x, x_bounds), (y, y_bounds)) = (a.across(&b)?, b.across(&a)?);
        let y_bounds = if sign == "-" { (-y_bounds.1, -y_bounds.0) } else { y_bounds };
        let num_bounds = spread(x_bounds, y_bounds, i128::checked_add)?;
        let den = match (&a.den, &b.den) {
            (Some(x), y) => Some(multiplied(x, y.as_ref())),
            (None, y) => y.clone(),
        };
        let den_bounds = spread(a.den_bounds, b.den_bounds, i128::checked_mul)?;
        let common = gcd(a.scale, b.scale);
        let scale = a.scale.checked_div(common).and_then(|s| s.checked_mul(b.scale)).ok_or_else(too_large)?;
        let num = Text::of(format!("({} {sign} {})", x.sql, y.sql), &[&x, &y]);
        Ok(Scalar { num, den, scale, num_bounds, den_bounds })
    }

    fn quotient(&mut self, id: NodeId, a: NodeId, b: NodeId, factor: Number) -> Result<Scalar, String> {
        let (a, b) = (self.scalar(a)?, self.short_scalar(id, b)?);
        // The divisor was proved to be more than zero; where these bounds are too wide to say so, no row has it.
        let divisor = if b.num_bounds.0 > 0 {
            b.num.clone()
        } else {
            b.num.with(format!("CASE WHEN {0} > 0 THEN {0} END", b.num.sql))
        };
        let divisor_bounds = (b.num_bounds.0.max(1), b.num_bounds.1.max(1));
        let num = multiplied(&a.num, b.den.as_ref());
        let den = Some(match &a.den {
            Some(den) => multiplied(den, Some(&divisor)),
            None => divisor,
        });
        let num_bounds = spread(a.num_bounds, b.den_bounds, i128::checked_mul)?;
        let den_bounds = spread(a.den_bounds, divisor_bounds, i128::checked_mul)?;
        let factor = Number::whole(b.scale).multiply(factor).ok_or_else(too_large)?;
        Scalar { num, den, scale: a.scale, num_bounds, den_bounds }.by(factor)
    }

    /// The smaller or the larger of two.
    fn chosen(&mut self, id: NodeId, a: NodeId, b: NodeId, op: &str) -> Result<Scalar, String> {
        let (mut a, mut b) = (self.short_scalar(id, a)?, self.short_scalar(id, b)?);
        let (x, y) = compared(&a, &b)?;
        level_scales(&mut [&mut a, &mut b])?;
        let first = format!("{} {op} {}", x.sql, y.sql);
        let second = format!("{} {} {}", x.sql, if op == "<=" { ">" } else { "<" }, y.sql);
        let pick = |p: &Text, q: &Text| {
            Text::of(format!("CASE WHEN {first} THEN {} WHEN {second} THEN {} END", p.sql, q.sql), &[&x, &y, p, q])
        };
        let hull = |p: Bounds, q: Bounds| (p.0.min(q.0), p.1.max(q.1));
        let one = Text::new("1");
        let den = match (&a.den, &b.den) {
            (None, None) => None,
            (p, q) => Some(pick(p.as_ref().unwrap_or(&one), q.as_ref().unwrap_or(&one))),
        };
        Ok(Scalar {
            num: pick(&a.num, &b.num),
            den,
            scale: a.scale,
            num_bounds: hull(a.num_bounds, b.num_bounds),
            den_bounds: hull(a.den_bounds, b.den_bounds),
        })
    }

    /// A multiple of a step, without a division: what is left over goes.
    fn rounded(&mut self, id: NodeId, mode: Rounding, a: NodeId, step: Number) -> Result<Scalar, String> {
        let value = self.scalar(a)?;
        let n = value.scaled(step.denominator())?;
        let size = value.scale.checked_mul(step.numerator()).filter(|s| *s > 0).ok_or_else(too_large)?;
        let size_bounds = spread(value.den_bounds, (size, size), i128::checked_mul)?;
        let size = match &value.den {
            None => Text::new(size.to_string()),
            Some(den) => times(den, &size.to_string()),
        };
        let (n_text, m) = (self.named(id, n.num.clone(), "n"), self.named(id, size, "d"));
        let rest = Text::of(format!("((({0} % {1}) + {1}) % {1})", n_text.sql, m.sql), &[&n_text, &m]);
        let rest = self.named(id, rest, "r");
        let (n_sql, m_sql, r) = (&n_text.sql, &m.sql, &rest.sql);
        let up = match mode {
            Rounding::Down => String::new(),
            Rounding::Up => format!(" + CASE WHEN {r} > 0 THEN {m_sql} ELSE 0 END"),
            Rounding::Nearest => format!(
                " + CASE WHEN 2 * {r} > {m_sql} OR (2 * {r} = {m_sql} AND {n_sql} >= 0) THEN {m_sql} ELSE 0 END"
            ),
        };
        // Twice the step is looked at on the way.
        let twice = spread(size_bounds, (2, 2), i128::checked_mul)?;
        let least = spread(n.num_bounds, (-twice.1, -twice.1), i128::checked_add)?.0;
        let most = spread(n.num_bounds, (twice.1, twice.1), i128::checked_add)?.1;
        let num = Text::of(format!("({n_sql} - {r}{up})"), &[&n_text, &m, &rest]);
        let scale = value.scale.checked_mul(step.denominator()).ok_or_else(too_large)?;
        Ok(Scalar { num, den: value.den, scale, num_bounds: (least, most), den_bounds: value.den_bounds })
    }

    /// The first row that holds; while a row before it is open, only if that row has the same value.
    fn case(&mut self, id: NodeId, rows: &[(NodeId, NodeId)], otherwise: NodeId) -> Result<Scalar, String> {
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        for (condition, value) in rows {
            let condition = self.truth(*condition)?;
            conditions.push(self.named(id, condition, "c"));
            values.push(self.short_scalar(id, *value)?);
        }
        values.push(self.short_scalar(id, otherwise)?);
        level_scales(&mut values.iter_mut().collect::<Vec<_>>())?;
        let (scale, one) = (values.first().map_or(1, |v| v.scale), Text::new("1"));
        let quotients = values.iter().any(|v| v.den.is_some());
        let nums: Vec<&Text> = values.iter().map(|v| &v.num).collect();
        let dens: Vec<&Text> = values.iter().map(|v| v.den.as_ref().unwrap_or(&one)).collect();
        let num = self.named(id, first_that_holds(&conditions, &nums), "n");
        let den = if quotients { Some(self.named(id, first_that_holds(&conditions, &dens), "d")) } else { None };
        let mut sure = String::from("CASE");
        for ((condition, value), over) in conditions.iter().zip(&nums).zip(&dens) {
            let same = match &den {
                None => format!("{} = {}", value.sql, num.sql),
                Some(den) => format!("{} * {} = {} * {}", value.sql, den.sql, num.sql, over.sql),
            };
            sure += &format!(
                " WHEN {0} IS NULL AND ({same}) IS NOT TRUE THEN NULL WHEN {0} THEN {1}",
                condition.sql, num.sql
            );
        }
        sure += &format!(" ELSE {} END", num.sql);
        let mut parts: Vec<&Text> = conditions.iter().chain(nums.iter().copied()).chain(dens.iter().copied()).collect();
        parts.push(&num);
        parts.extend(den.as_ref());
        let hull = |pick: &dyn Fn(&Scalar) -> Bounds| {
            values.iter().map(pick).fold((i128::MAX, i128::MIN), |h, b| (h.0.min(b.0), h.1.max(b.1)))
        };
        let (num_bounds, den_bounds) = (hull(&|v| v.num_bounds), hull(&|v| v.den_bounds));
        spread(num_bounds, den_bounds, i128::checked_mul)?;
        Ok(Scalar { num: Text::of(sure, &parts), den, scale, num_bounds, den_bounds })
    }

    fn count(&mut self, list: NodeId) -> Result<Scalar, String> {
        let list = self.enter(list)?;
        let counts = self.filters(&list)?;
        let (from, after) = self.leave(&[("t", &counts)]);
        let sql = format!(
            "CASE WHEN {} THEN (SELECT CASE WHEN COUNT(*) = COUNT(q.t) THEN COUNT(CASE WHEN q.t THEN 1 END) END FROM ({from}) AS q) END",
            list.complete.sql
        );
        let mut text = Text::of(sql, &[&list.complete]);
        text.needs(&after);
        Ok(Scalar::whole(text, (0, i128::from(list.up_to))))
    }

    fn folded(&mut self, fold: Fold, list: NodeId, body: NodeId) -> Result<Scalar, String> {
        let list = self.enter(list)?;
        let counts = self.filters(&list)?;
        let value = self.scalar(body)?;
        if value.den.is_some() {
            return Err("it adds up or compares quotients over a list".to_owned());
        }
        let (from, after) = self.leave(&[("t", &counts), ("v", &value.num)]);
        let (of, bounds) = match fold {
            Fold::Sum => {
                let most = i128::from(list.up_to);
                let bounds = spread(value.num_bounds, (0, most), i128::checked_mul)?;
                ("CAST(COALESCE(SUM(CASE WHEN q.t THEN q.v END), 0) AS BIGINT)", bounds)
            }
            Fold::Largest => ("MAX(CASE WHEN q.t THEN q.v END)", value.num_bounds),
            Fold::Smallest => ("MIN(CASE WHEN q.t THEN q.v END)", value.num_bounds),
        };
        let sql = format!(
            "CASE WHEN {} THEN (SELECT CASE WHEN COUNT(CASE WHEN q.t IS NULL OR (q.t AND q.v IS NULL) THEN 1 END) = 0 THEN {of} END FROM ({from}) AS q) END",
            list.complete.sql
        );
        let mut text = Text::of(sql, &[&list.complete]);
        text.needs(&after);
        Ok(Scalar { scale: value.scale, ..Scalar::whole(text, bounds) })
    }
}

impl Scalar {
    /// The number times an exact factor.
    fn by(mut self, factor: Number) -> Result<Self, String> {
        let common = gcd(self.scale, factor.numerator());
        let (up, down) = (factor.numerator().checked_div(common), self.scale.checked_div(common));
        self.scale = down.and_then(|d| d.checked_mul(factor.denominator())).ok_or_else(too_large)?;
        self.scaled(up.ok_or_else(too_large)?)
    }
}

fn number(n: Number) -> Result<Scalar, String> {
    let num = n.numerator();
    let bounds = spread((num, num), (1, 1), i128::checked_mul)?;
    Ok(Scalar {
        scale: n.denominator(),
        ..Scalar::whole(Text::new(if num < 0 { format!("({num})") } else { num.to_string() }), bounds)
    })
}

/// Gives all the same scale.
fn level_scales(all: &mut [&mut Scalar]) -> Result<(), String> {
    let mut scale = 1i128;
    for one in all.iter() {
        scale =
            one.scale.checked_div(gcd(scale, one.scale)).and_then(|s| s.checked_mul(scale)).ok_or_else(too_large)?;
    }
    for one in all {
        let factor = scale.checked_div(one.scale).unwrap_or(1);
        **one = Scalar { scale, ..one.scaled(factor)? };
    }
    Ok(())
}

fn first_that_holds(conditions: &[Text], values: &[&Text]) -> Text {
    let mut sql = String::from("CASE");
    for (condition, value) in conditions.iter().zip(values) {
        sql += &format!(" WHEN {} THEN {}", condition.sql, value.sql);
    }
    sql += &format!(" ELSE {} END", values.last().map_or("NULL", |v| v.sql.as_str()));
    let parts: Vec<&Text> = conditions.iter().chain(values.iter().copied()).collect();
    Text::of(sql, &parts)
}
