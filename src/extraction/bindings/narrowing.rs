//! What checks and assignments say about locals: `if (x instanceof Type)`, and `let x;` followed by `x = value`.

use super::binders;
use super::collect::Lowering;
use super::place::{first_child, place};
use super::rules::{ExprRule, Narrows};
use super::scopes::{Entry, LocalDraft, Source, Space};
use super::walk::Surveyor;
use super::{Expr, ExprId, TypeExpr, TypeId};
use crate::extraction::tree::Node;

/// How deep conditions are looked into.
const MAX_DEPTH: u8 = 8;

/// How many assignments to one local are compared; of one that has more, nobody knows whether they agree.
pub(super) const MAX_ASSIGNED: usize = 8;

/// How many arguments of a function may be what it checks.
const MAX_CHECKED: usize = 2;

/// A part of a condition: a name is of a type, or is not.
struct TypeTest<'t> {
    name: Node<'t>,
    of: Node<'t>,
    /// The name is this argument of a function that may check it.
    at: Option<u8>,
    is: bool,
    /// What else the name may be of, and which argument it is there.
    others: Vec<(Node<'t>, Option<u8>)>,
}

impl<'t> TypeTest<'t> {
    /// A check that names the type itself.
    fn stated(name: Node<'t>, of: Node<'t>, is: bool) -> Self {
        let (at, others) = (None, Vec::new());
        Self {
            name,
            of,
            at,
            is,
            others,
        }
    }
}

/// A local that has a narrower type up to a byte of the file.
pub(super) struct Widened<'t> {
    scope: u32,
    name: &'t str,
    of: u32,
    from: usize,
    to: usize,
}

impl<'t> Surveyor<'t, '_> {
    /// Gives locals the type that a condition finds them to have, in what is done if it holds and if it does not.
    pub(super) fn narrow(&mut self, node: Node<'t>, rule: &Narrows, scope: u32) {
        if self.rules.words.type_tests.is_empty() && self.rules.words.type_test_calls.is_empty() {
            return;
        }
        if !rule.statement.is_empty() && !self.is_asserting(node, rule) {
            return;
        }
        let operator = node.child_by_field_name("operator").map(|it| self.parsed.text(it));
        let (goes_on, turns) = match operator {
            None => (true, true),
            Some("&&" | "and") => (true, false),
            Some("||" | "or") => (false, true),
            Some(_) => return,
        };
        if !rule.subject.is_empty() {
            let then = place(node, &rule.then);
            if let (Some(test), Some(then)) = (self.branch_test(node, rule), then) {
                self.narrow_name(&test, then.start_byte(), Some(then.end_byte()), scope);
            }
            return;
        }
        let Some(condition) = place(node, &rule.condition) else {
            return;
        };
        if rule.then.is_empty() {
            let mut tests = Vec::new();
            self.type_tests(condition, true, &mut tests, 0);
            for test in tests {
                self.narrow_name(&test, node.end_byte(), None, scope);
            }
            return;
        }
        let then = place(node, &rule.then).filter(|_| goes_on);
        let otherwise = place(node, &rule.otherwise).filter(|_| turns);
        let ends = operator.is_none() && otherwise.is_none() && then.is_some_and(|it| self.exits(it));
        let mut tests = Vec::new();
        self.type_tests(condition, true, &mut tests, 0);
        for test in tests.drain(..) {
            if let Some(then) = then {
                self.narrow_name(&test, then.start_byte(), Some(then.end_byte()), scope);
            }
        }
        self.type_tests(condition, false, &mut tests, 0);
        for test in tests {
            if let Some(otherwise) = otherwise {
                self.narrow_name(&test, otherwise.start_byte(), Some(otherwise.end_byte()), scope);
            } else if ends {
                self.narrow_name(&test, node.end_byte(), None, scope);
            }
        }
    }

    /// Whether a call stands alone and goes on only if its argument holds (`assert(x instanceof Type)`).
    fn is_asserting(&self, call: Node<'t>, rule: &Narrows) -> bool {
        let function = match self.rules.expression(call.kind_id()) {
            Some(ExprRule::Call { function }) => place(call, function),
            _ => None,
        };
        let name = function.map(|it| self.parsed.text(it));
        let is_alone = call.parent().is_some_and(|it| it.kind() == rule.statement);
        is_alone && name.is_some_and(|name| rule.calls.iter().any(|it| it == name))
    }

    /// What holds of names if a condition is true, or false.
    fn type_tests(&self, condition: Node<'t>, truth: bool, tests: &mut Vec<TypeTest<'t>>, depth: u8) {
        if depth > MAX_DEPTH {
            return;
        }
        let words = &self.rules.words;
        let field = |name| condition.child_by_field_name(name);
        let operator = field("operator").map(|it| self.parsed.text(it));
        // A sign without a field of its own: `x is Type`, `x !is Type`.
        let sign = || condition.child(1).map(|it| self.parsed.text(it));
        let operator = operator.or_else(|| sign().filter(|it| self.type_test(it).is_some()));
        match (operator, field("left"), field("right")) {
            (Some("!"), None, None) => {
                if let Some(inner) = field("argument") {
                    self.type_tests(inner, !truth, tests, depth + 1);
                }
            }
            (Some("&&" | "and"), Some(left), Some(right)) if truth => {
                self.type_tests(left, truth, tests, depth + 1);
                self.type_tests(right, truth, tests, depth + 1);
            }
            (Some("||" | "or"), Some(left), Some(right)) if !truth => {
                self.type_tests(left, truth, tests, depth + 1);
                self.type_tests(right, truth, tests, depth + 1);
            }
            (Some("||" | "or"), Some(left), Some(right)) => {
                let (mut one, mut other) = (Vec::new(), Vec::new());
                self.type_tests(left, truth, &mut one, depth + 1);
                self.type_tests(right, truth, &mut other, depth + 1);
                self.either_test(one, &other, tests);
            }
            (Some(word), Some(name), Some(of)) if self.type_test(word).is_some() => {
                let holds = self.type_test(word) == Some(true);
                tests.push(TypeTest::stated(name, of, truth == holds));
            }
            (Some(_), ..) => {}
            (None, ..) if words.negations.iter().any(|kind| kind == condition.kind()) => {
                if let Some(inner) = field("argument") {
                    self.type_tests(inner, !truth, tests, depth + 1);
                }
            }
            (None, ..) => match self.rules.expression(condition.kind_id()) {
                Some(ExprRule::Inner { value, .. }) => {
                    if let Some(inner) = super::place::part(condition, value) {
                        self.type_tests(inner, truth, tests, depth + 1);
                    }
                }
                Some(ExprRule::Call { function }) if !words.type_test_calls.is_empty() => {
                    let is_test =
                        |it: &Node<'t>| words.type_test_calls.iter().any(|word| word == self.parsed.text(*it));
                    let arguments = place(condition, function).filter(is_test).and(field("arguments"));
                    let argument = |at| arguments.and_then(|list| list.named_child(at));
                    if let (Some(name), Some(of)) = (argument(0), argument(1)) {
                        tests.push(TypeTest::stated(name, of, truth));
                    }
                }
                Some(ExprRule::Call { function }) if !words.guard.is_empty() => {
                    let arguments = field("arguments").map(|list| binders::parameters(list, self.rules));
                    let first = arguments.iter().flatten().zip(0..).take(MAX_CHECKED);
                    if let Some(of) = place(condition, function) {
                        let test = |(name, at): (&Node<'t>, u8)| TypeTest {
                            name: *name,
                            of,
                            at: Some(at),
                            is: truth,
                            others: Vec::new(),
                        };
                        tests.extend(first.map(test));
                    }
                }
                _ => {}
            },
        }
    }

    /// Whether an operator says that a value is of a type (`is`), or that it is not (`!is`).
    fn type_test(&self, word: &str) -> Option<bool> {
        let is_test = |word: &str| self.rules.words.type_tests.iter().any(|it| it == word);
        match word.strip_prefix('!') {
            Some(word) => is_test(word).then_some(false),
            None => is_test(word).then_some(true),
        }
    }

    /// What a branch says of the value that all branches are about (`is Type ->`).
    fn branch_test(&self, branch: Node<'t>, rule: &Narrows) -> Option<TypeTest<'t>> {
        let mut name = place(branch, &rule.subject)?;
        for _ in 0..2 {
            if !matches!(self.rules.expression(name.kind_id()), Some(ExprRule::Name)) {
                name = first_child(name)?;
            }
        }
        let [test] = rule.condition.all(branch)[..] else {
            return None;
        };
        let holds = self.type_test(test.child(0).map(|it| self.parsed.text(it))?)?;
        Some(TypeTest::stated(name, first_child(test)?, holds))
    }

    /// What two checks say of the same name, of which one holds.
    fn either_test(&self, one: Vec<TypeTest<'t>>, other: &[TypeTest<'t>], tests: &mut Vec<TypeTest<'t>>) {
        for mut test in one {
            let name = self.parsed.text(test.name);
            let same = other.iter().find(|it| self.parsed.text(it.name) == name);
            if let Some(same) = same.filter(|same| same.is && test.is) {
                test.others.push((same.of, same.at));
                test.others.extend(&same.others);
                tests.push(test);
            }
        }
    }

    /// Whether what is done never goes on to what follows it.
    pub(super) fn exits(&self, node: Node<'t>) -> bool {
        let is_exit = |it: Node<'t>| self.rules.words.exits.iter().any(|kind| kind == it.kind());
        let last = node.named_children().filter(|it| !it.is_extra()).last();
        is_exit(node) || last.is_some_and(is_exit)
    }

    fn narrow_name(&mut self, test: &TypeTest<'t>, from: usize, to: Option<usize>, scope: u32) {
        let is_name = |it: Node<'t>| matches!(self.rules.expression(it.kind_id()), Some(ExprRule::Name));
        let is_path = |it: Node<'t>| {
            let rule = self.rules.expression(it.kind_id());
            matches!(rule, Some(ExprRule::Member { .. } | ExprRule::Qualified))
        };
        let is_choice = |it: Node<'t>| matches!(self.rules.expression(it.kind_id()), Some(ExprRule::Tuple));
        let is_type = |it: Node<'t>| is_name(it) || is_path(it) || is_choice(it);
        let others = || test.others.iter().map(|(of, _)| *of);
        if !is_name(test.name) || !std::iter::once(test.of).chain(others()).all(is_type) {
            return;
        }
        let name = self.parsed.text(test.name);
        if self.rules.words.assignments_define {
            self.widen(test.name.start_byte());
        }
        // A check inside what another one is about begins with what that one left.
        let at = match self.rules.words.assignments_define {
            true => test.name.start_byte(),
            false => from,
        };
        let found = self.survey.find(self.symbols, name, scope, at, Space::Value);
        let Ok(Entry::Local(of)) = found else { return };
        // What is only assigned later is not told by a function, which may check nothing.
        let is_told = test.at.is_some() || test.others.iter().any(|(_, at)| at.is_some());
        if is_told && self.is_open(of) {
            return;
        }
        let source = self.survey.source(Source::Narrowed {
            of,
            to: test.of,
            at: test.at,
            scope,
            is: test.is,
        });
        if !test.others.is_empty() {
            self.survey.others.insert(source, test.others.clone());
        }
        let local = self.survey.locals.len() as u32;
        self.survey.locals.push(LocalDraft {
            source,
            parameter: None,
            bound: None,
            function: self.survey.locals[of as usize].function,
        });
        self.survey.define(scope, name, Entry::Local(local), from);
        match to {
            Some(to) if self.rules.words.assignments_define => self.widened.push(Widened {
                scope,
                name,
                of,
                from,
                to,
            }),
            Some(to) => self.survey.define(scope, name, Entry::Local(of), to),
            None => {}
        }
    }

    /// Gives locals back the type they had before a check, behind what was done if it held and before a byte of the file, unless they were
    /// assigned there.
    pub(super) fn widen(&mut self, before: usize) {
        let (done, open) = std::mem::take(&mut self.widened)
            .into_iter()
            .partition(|it| it.to <= before);
        self.widened = open;
        for it in done {
            if !self.is_bound_within(&it) {
                self.survey.define(it.scope, it.name, Entry::Local(it.of), it.to);
            }
        }
    }

    /// Whether a local is bound anew in what a check holds for, or at its end.
    fn is_bound_within(&self, it: &Widened<'t>) -> bool {
        let survey = &self.survey;
        let is_assigned = |entry: Entry| {
            let Entry::Local(local) = entry else { return true };
            !survey.is_narrowed(local)
        };
        let mut since = survey.entries_since(it.scope, it.name, it.from);
        since.any(|(entry, from)| from == it.to || from < it.to && is_assigned(entry))
    }

    /// Notes what a local is assigned that is defined without type and value.
    pub(super) fn note_assignment(&mut self, node: Node<'t>, target: Node<'t>, scope: u32) {
        let words = &self.rules.words;
        let is_name = matches!(self.rules.expression(target.kind_id()), Some(ExprRule::Name));
        if words.assignments_define || words.nothing.is_empty() || !is_name {
            return;
        }
        let name = self.parsed.text(target);
        let found = self.survey.find(self.symbols, name, scope, usize::MAX, Space::Value);
        let Ok(Entry::Local(local)) = found else { return };
        self.survey.reassigned.insert(local);
        let Some(value) = node.child_by_field_name("right").filter(|it| !self.is_nothing(*it)) else {
            return;
        };
        let is_augmented = node.child_by_field_name("operator").is_some();
        if self.is_open(local) && !is_augmented && self.survey.locals[local as usize].parameter.is_none() {
            let all = self.survey.assigned.entry(local).or_default();
            if all.len() <= MAX_ASSIGNED {
                all.push((value, scope));
            }
        }
    }

    /// Whether a local is defined without type and value.
    fn is_open(&self, local: u32) -> bool {
        match self.survey.sources[self.survey.locals[local as usize].source as usize] {
            Source::None => true,
            Source::Value { node, .. } => self.is_nothing(node),
            _ => false,
        }
    }

    pub(super) fn is_nothing(&self, node: Node<'t>) -> bool {
        self.rules.words.nothing.iter().any(|it| it == self.parsed.text(node))
    }
}

impl<'t> Lowering<'t, '_> {
    /// The parameter that a function finds to be of a type, as its result says (`it is Type`).
    pub(super) fn guard(
        &mut self,
        function: Node<'t>,
        parameters: Option<Node<'t>>,
        scope: u32,
    ) -> Option<(u8, TypeId)> {
        let kind = &self.rules.words.guard;
        if kind.is_empty() {
            return None;
        }
        let returns = function.child_by_field_name("return_type")?;
        let candidates = [Some(returns), super::place::first_child(returns)];
        let guard = candidates.into_iter().flatten().find(|it| it.kind() == kind)?;
        let name = self.parsed.text(guard.child_by_field_name("name")?);
        let is_named = |it: &Node<'t>| {
            let pattern = it.child_by_field_name("pattern").unwrap_or(*it);
            self.parsed.text(pattern) == name
        };
        let all = binders::parameters(parameters?, self.rules);
        let at = all.iter().take(8).position(is_named)?;
        let of = self.written(guard.child_by_field_name("type")?, scope, 0);
        Some((at as u8, of))
    }

    /// What a local was checked to be: a type, or what a function finds that may check that argument.
    pub(super) fn checked(&mut self, to: Node<'t>, at: Option<u8>, scope: u32) -> ExprId {
        match at {
            Some(at) => self.guarding(to, at, scope),
            None => self.path_head(to, scope, 0),
        }
    }

    /// The argument of a function that may have checked it.
    fn guarding(&mut self, function: Node<'t>, at: u8, scope: u32) -> ExprId {
        let callee = self.expression(function, scope, 0);
        self.keep(Expr::Argument { callee, at })
    }

    /// What a local without type and value is assigned.
    pub(super) fn assigned(&mut self, local: u32) -> Option<ExprId> {
        let survey = self.survey;
        let all = survey.assigned.get(&local).filter(|all| all.len() <= MAX_ASSIGNED)?;
        let parts = all
            .iter()
            .map(|(node, scope)| self.expression(*node, *scope, 0))
            .collect();
        Some(self.keep(Expr::Assigned(parts)))
    }

    /// The first of several arguments, if it can say what a type parameter stands for.
    pub(super) fn given(&mut self, list: Node<'t>, scope: u32, depth: u8) -> Option<ExprId> {
        if !self.rules.words.arguments_tell_types {
            return None;
        }
        let first = binders::parameters(list, self.rules).into_iter().next()?;
        let is_any = self.rules.words.all_arguments_tell_types;
        let tells = is_any
            || matches!(
                self.rules.expression(first.kind_id())?,
                ExprRule::Name
                    | ExprRule::This
                    | ExprRule::Member { .. }
                    | ExprRule::Construct { .. }
                    | ExprRule::Call { .. }
                    | ExprRule::Await
                    | ExprRule::Array { .. }
                    | ExprRule::Function
            );
        let first = tells.then(|| self.expression(first, scope, depth))?;
        let says_nothing = match self.out.expressions[first.0 as usize] {
            Expr::Unknown | Expr::Literal => true,
            Expr::Typed(of) => matches!(self.out.written[of.0 as usize], TypeExpr::Builtin(_)),
            _ => false,
        };
        (!says_nothing).then_some(first)
    }

    /// What a macro that reads as a call gives.
    pub(super) fn macro_value(&mut self, node: Node<'t>, name: Node<'t>, scope: u32, depth: u8) -> Expr {
        let words = &self.rules.words;
        let name = self.parsed.text(name);
        let is_one = |words: &[String]| words.iter().any(|it| it == name);
        let first = node.child_by_field_name("arguments").and_then(first_child);
        let (opens, lists) = (is_one(&words.opening_macros), is_one(&words.list_macros));
        if !opens && !lists && !is_one(&words.same_macros) {
            return Expr::Unknown;
        }
        match first.map(|first| self.expression(first, scope, depth)) {
            first if lists => Expr::Array(first),
            Some(first) if opens => Expr::Unwrap(first),
            Some(first) => self.out.expressions[first.0 as usize].clone(),
            None => Expr::Unknown,
        }
    }

    /// A call with what says which types it is made for: the types written there, or its first argument.
    pub(super) fn told(&mut self, node: Node<'t>, call: Expr, scope: u32, depth: u8) -> Expr {
        if !self.rules.words.arguments_tell_types {
            return call;
        }
        let list = node.child_by_field_name("type_arguments").or_else(|| {
            let function = node.child_by_field_name("function")?;
            function
                .child_by_field_name("type_arguments")
                .filter(|_| self.rules.words.all_arguments_tell_types)
        });
        if let Some(list) = list {
            let types = self.type_list(list, scope, depth);
            return Expr::Instantiated(self.keep(call), types.into());
        }
        let arguments = node.child_by_field_name("arguments");
        match arguments.and_then(|list| self.given(list, scope, depth)) {
            Some(first) => Expr::Given {
                call: self.keep(call),
                first,
            },
            None => call,
        }
    }
}
