//! Names and paths in expressions: what a word stands for, looked up from the nearest thing in focus outwards.

use super::{Checker, Scope, plain};
use crate::ast;
use crate::checked::{Expr, Fold, Kind, Type};
use crate::ids::{EntityId, EnumId};
use crate::schema::FieldType;
use crate::span::Span;
use crate::value::Unit;

/// What a path can be: a value, or one value for each entry of a list, which only a sum, the largest or the smallest
/// turns into a value.
pub(super) enum Path {
    Value(Expr),
    Each(Expr, Expr),
}

impl Checker<'_> {
    /// A name on its own.
    pub(super) fn name_expr(&mut self, name: &ast::Name, scope: &Scope, expected: Option<Type>) -> Option<Expr> {
        let id = self.names.id(&name.text).to_owned();
        let span = name.span;
        if id == "none"
            && !matches!(expected, Some(Type::Symbol(e)) if self.model.schema.symbol_named(e, "none").is_some())
        {
            return Some(plain(Kind::Missing, expected.unwrap_or(Type::YesNo), span));
        }
        if let Some(Type::Symbol(e)) = expected
            && let Some(position) = self.model.schema.symbol_named(e, &id)
        {
            return Some(plain(Kind::Symbol(position), Type::Symbol(e), span));
        }
        match (id.as_str(), scope.this) {
            ("today", _) => return Some(plain(Kind::Today, Type::Date, span)),
            ("this", Some(policy)) => return Some(plain(Kind::Symbol(policy.0), Type::Symbol(EnumId::POLICY), span)),
            ("this", None) => {
                self.wrong_type(span, "`this` stands for a policy, and no policy is meant here", "not inside a policy");
                return None;
            }
            _ => {}
        }
        for (frame, entity) in scope.frames.iter().enumerate().rev() {
            let record = plain(Kind::Frame(u8::try_from(frame).ok()?), Type::Record(*entity), span);
            if let Some(found) = self.member(record, *entity, &id, span, scope) {
                return found;
            }
        }
        if let Some(found) = self.free_name(&id, span, scope) {
            return found;
        }
        self.symbol_anywhere(name, &id, scope, expected)
    }

    /// A fact, derived fact or parameter of a record. None: the record has nothing of that name.
    #[expect(clippy::option_option, reason = "none: no such name; some none: found, with an error that is reported")]
    fn member(&mut self, record: Expr, entity: EntityId, id: &str, span: Span, scope: &Scope) -> Option<Option<Expr>> {
        let whole = record.span.to(span);
        if let Some(field) = self.field_named(entity, id) {
            let ty = match self.model.schema.field(field)?.ty {
                FieldType::YesNo => Type::YesNo,
                FieldType::Date => Type::Date,
                FieldType::Quantity(unit) => Type::Number(unit),
                FieldType::Symbol(e) => Type::Symbol(e),
                FieldType::Set(e) => Type::Set(e),
                FieldType::Record(e) => Type::Record(e),
                FieldType::List(e) => Type::List(e),
            };
            return Some(Some(plain(Kind::Field(Box::new(record), field), ty, whole)));
        }
        let key = (Some(entity), id.to_owned());
        if let Some(index) = self.pending_by_name.get(&key).copied() {
            return Some(self.define_use(index, Some(record), whole, scope));
        }
        if let Some(parameter) = self.parameters_by_name.get(&key).copied() {
            self.parameter(parameter);
            let unit = self.model.parameters.get(parameter.index())?.unit;
            return Some(Some(plain(Kind::Parameter(parameter, Some(Box::new(record))), Type::Number(unit), whole)));
        }
        None
    }

    fn define_use(&mut self, index: usize, record: Option<Expr>, span: Span, scope: &Scope) -> Option<Expr> {
        let define = self.deeper(span, |c| c.definition(index, scope.this))?;
        let value = &self.model.defines.get(define.index())?.value;
        let (ty, words) = (value.ty, value.words.clone().filter(|_| value.ty == Type::YesNo));
        let labelled = words.is_some();
        Some(Expr { kind: Kind::Define(define, record.map(Box::new)), ty, span, words, labelled })
    }

    #[expect(clippy::option_option, reason = "none: no such name; some none: found, with an error that is reported")]
    fn free_name(&mut self, id: &str, span: Span, scope: &Scope) -> Option<Option<Expr>> {
        let key = (None, id.to_owned());
        if let Some(index) = self.pending_by_name.get(&key).copied() {
            return Some(self.define_use(index, None, span, scope));
        }
        let parameter = self.parameters_by_name.get(&key).copied()?;
        self.parameter(parameter);
        let unit = self.model.parameters.get(parameter.index())?.unit;
        Some(Some(plain(Kind::Parameter(parameter, None), Type::Number(unit), span)))
    }

    /// The last resort: a value that only one enum has.
    fn symbol_anywhere(&mut self, name: &ast::Name, id: &str, scope: &Scope, expected: Option<Type>) -> Option<Expr> {
        let enums = &self.model.schema.enums;
        let found: Vec<(EnumId, u32)> =
            (0..enums.len()).map(EnumId::of).filter_map(|e| self.symbol_named(e, id).map(|p| (e, p))).collect();
        if let (Some(Type::Symbol(wanted)), Some((other, _))) = (expected, found.first()) {
            self.other_enum(name, wanted, *other);
            return None;
        }
        if let [(e, position)] = found.as_slice() {
            return Some(plain(Kind::Symbol(*position), Type::Symbol(*e), name.span));
        }
        let mut candidates: Vec<String> = Vec::new();
        if let Some(Type::Symbol(e)) = expected {
            candidates.extend(
                self.model.schema.enumeration(e).into_iter().flat_map(|e| e.values.iter().map(|v| v.name.id.clone())),
            );
        }
        for entity in &scope.frames {
            candidates.extend(self.names_of(*entity));
        }
        candidates.extend(
            self.pending_by_name
                .keys()
                .chain(self.parameters_by_name.keys())
                .filter(|(o, _)| o.is_none())
                .map(|(_, n)| n.clone()),
        );
        candidates.sort();
        self.unknown_name(name, "a fact, value or definition", candidates.iter().map(String::as_str));
        None
    }

    fn names_of(&self, entity: EntityId) -> Vec<String> {
        let fields = self.model.schema.entity(entity).map(|e| e.fields.clone()).unwrap_or_default();
        let mut names: Vec<String> =
            fields.iter().filter_map(|f| self.model.schema.field(*f)).map(|f| f.name.id.clone()).collect();
        let owned = |key: &&(Option<EntityId>, String)| key.0 == Some(entity);
        names.extend(
            self.pending_by_name.keys().chain(self.parameters_by_name.keys()).filter(owned).map(|(_, n)| n.clone()),
        );
        names.sort();
        names
    }

    /// A path with steps and filters.
    pub(super) fn path(&mut self, expr: &ast::Expr, scope: &Scope, expected: Option<Type>) -> Option<Path> {
        match &expr.kind {
            ast::ExprKind::Step(base, name) => {
                let base = self.deeper(expr.span, |c| c.path(base, scope, None))?;
                self.step(base, name, expr.span, scope)
            }
            ast::ExprKind::Filter(base, condition) => {
                let base = self.deeper(expr.span, |c| c.path(base, scope, None))?;
                let Path::Value(list) = base else {
                    self.wrong_type(
                        expr.span,
                        "a filter stands directly behind a list",
                        "these are values, not entries",
                    );
                    return None;
                };
                let Type::List(entity) = list.ty else {
                    let found = self.type_name(list.ty);
                    self.wrong_type(
                        list.span,
                        format!("only a list can be filtered, and this is {found}"),
                        "not a list",
                    );
                    return None;
                };
                let condition = self.condition_expr(condition, &scope.inside(entity))?;
                let kind = Kind::Filter(Box::new(list), Box::new(condition));
                Some(Path::Value(plain(kind, Type::List(entity), expr.span)))
            }
            _ => self.expr(expr, scope, expected).map(Path::Value),
        }
    }

    fn step(&mut self, base: Path, name: &ast::Name, span: Span, scope: &Scope) -> Option<Path> {
        let id = self.names.id(&name.text).to_owned();
        match base {
            Path::Each(list, body) => {
                let fold = match id.as_str() {
                    "sum" => Fold::Sum,
                    "largest" => Fold::Largest,
                    "smallest" => Fold::Smallest,
                    _ => {
                        self.wrong_type(
                            name.span,
                            "values of several entries become one by `sum`, `largest` or `smallest`",
                            "one of these three is needed",
                        );
                        return None;
                    }
                };
                let number = matches!(body.ty, Type::Number(_));
                if !number && (fold == Fold::Sum || body.ty != Type::Date) {
                    let found = self.type_name(body.ty);
                    self.wrong_type(body.span, format!("numbers are needed here, and this is {found}"), "not a number");
                    return None;
                }
                let ty = body.ty;
                Some(Path::Value(plain(Kind::Fold(fold, Box::new(list), Box::new(body)), ty, span)))
            }
            Path::Value(base) => match base.ty {
                Type::Record(entity) => {
                    if let Some(found) = self.member(base, entity, &id, name.span, scope) {
                        found.map(|e| Path::Value(Expr { span, ..e }))
                    } else {
                        let names = self.names_of(entity);
                        let record = self.model.schema.entity(entity).map(|e| e.name.id.clone()).unwrap_or_default();
                        self.unknown_name(name, &format!("a fact of {record}"), names.iter().map(String::as_str));
                        None
                    }
                }
                Type::List(_) if id == "count" => {
                    Some(Path::Value(plain(Kind::Count(Box::new(base)), Type::Number(Unit::PEOPLE), span)))
                }
                Type::List(entity) => {
                    let inner = scope.inside(entity);
                    let level = u8::try_from(inner.frames.len() - 1).ok()?;
                    let record = plain(Kind::Frame(level), Type::Record(entity), name.span);
                    if let Some(body) = self.member(record, entity, &id, name.span, &inner) {
                        body.map(|body| Path::Each(base, body))
                    } else {
                        let mut names = self.names_of(entity);
                        names.push("count".to_owned());
                        self.unknown_name(name, "a fact of its entries", names.iter().map(String::as_str));
                        None
                    }
                }
                Type::Date if id == "year" || id == "month" => {
                    let (kind, base) = (id == "year", Box::new(base));
                    let kind = if kind { Kind::Year(base) } else { Kind::Month(base) };
                    Some(Path::Value(plain(kind, Type::Number(Unit::PLAIN), span)))
                }
                ty => {
                    let found = self.type_name(ty);
                    self.wrong_type(
                        name.span,
                        format!("`{}` cannot be asked of {found}", name.text),
                        "only of a record or a list",
                    );
                    None
                }
            },
        }
    }
}
