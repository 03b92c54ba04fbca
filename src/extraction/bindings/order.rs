//! Bindings in an order that keeps apart what other files can come to see.
//!
//! What the definitions and imports of a file lead to is numbered first, in an order that nothing else has a part in: as long as only bodies
//! change, those beginnings of the lists are the same, whatever comes after them.

use super::super::Fragment;
use super::super::facts::{NameId, Symbol, SymbolIdx};
use super::{
    Bindings, Declared, Expr, ExprId, Function, Import, ImportKind, Local, ObjectMember, Reference, TypeExpr, TypeId,
};
use std::collections::VecDeque;

/// How many entries of each list other files can come to see.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::extraction) struct Seen {
    pub(in crate::extraction) names: usize,
    expressions: usize,
    written: usize,
    functions: usize,
    objects: usize,
    locals: usize,
}

/// Puts names and bindings in order, and those of `symbols` with them.
pub(in crate::extraction) fn arrange(
    names: &mut Vec<Fragment>,
    symbols: &mut [Symbol],
    bindings: &mut Bindings,
) -> Seen {
    let mut order = Order::new(names.len(), bindings);
    symbols.iter().for_each(|symbol| _ = order.names.add(symbol.name.0));
    order.reach(bindings);
    let seen = order.finish();
    for symbol in symbols {
        order.renumber(Part::Name(&mut symbol.name));
        let chains = symbol.outline.iter_mut().flat_map(|step| &mut step.names);
        let names = chains.flat_map(|chain| chain.qualifier.iter_mut().chain(&mut chain.name));
        names.for_each(|name| order.renumber(Part::Name(name)));
    }
    *names = order.names.arranged(std::mem::take(names));
    order.apply(bindings);
    seen
}

impl Bindings {
    /// Takes out what only this file sees: the rest of every list, and all references.
    pub(in crate::extraction) fn split_off(&mut self, seen: Seen) -> Self {
        Self {
            references: std::mem::take(&mut self.references),
            imports: Vec::new(),
            types: Vec::new(),
            locals: self.locals.split_off(seen.locals),
            expressions: self.expressions.split_off(seen.expressions),
            written: self.written.split_off(seen.written),
            functions: self.functions.split_off(seen.functions),
            objects: self.objects.split_off(seen.objects),
            mounts: Vec::new(),
            routers: Vec::new(),
            readers: Vec::new(),
        }
    }

    /// Writes what expressions are made of as the distance to it, and of references what differs from what goes before, which compresses well.
    pub(in crate::extraction) fn delta_encode(&mut self, symbols: &[Symbol]) {
        let (mut before, mut within) = (0, 0);
        let mut references = std::mem::take(&mut self.references);
        let mut implied = Implied::new(self, symbols);
        for reference in &mut references {
            let name = reference.name.0;
            reference.name.0 = name.wrapping_sub(implied.name(reference.target));
            implied.was(reference.target, name);
            let line = reference.line;
            reference.line = line.wrapping_sub(std::mem::replace(&mut before, line));
            let inside = reference.within.map_or(0, |at| at.0 + 1);
            let step = inside.wrapping_sub(std::mem::replace(&mut within, inside));
            reference.within = Some(SymbolIdx(step));
        }
        self.references = references;
        self.turn_distances();
    }

    /// Undoes [`Self::delta_encode`].
    pub(in crate::extraction) fn delta_decode(&mut self, symbols: &[Symbol]) {
        self.turn_distances();
        let (mut line, mut within) = (0_u32, 0_u32);
        let mut references = std::mem::take(&mut self.references);
        let mut implied = Implied::new(self, symbols);
        for reference in &mut references {
            let name = reference.name.0.wrapping_add(implied.name(reference.target));
            reference.name.0 = name;
            implied.was(reference.target, name);
            line = line.wrapping_add(reference.line);
            reference.line = line;
            within = within.wrapping_add(reference.within.map_or(0, |step| step.0));
            reference.within = within.checked_sub(1).map(SymbolIdx);
        }
        self.references = references;
    }

    /// Numbers of expressions within expressions to distances, and back.
    fn turn_distances(&mut self) {
        for (at, expression) in self.expressions.iter_mut().enumerate() {
            expression.each(&mut |part| {
                if let Part::Expr(ExprId(of)) = part {
                    *of = (at as u32).wrapping_sub(*of);
                }
            });
        }
    }

    /// Puts back what [`Self::split_off`] took out.
    pub(in crate::extraction) fn append(&mut self, rest: Self) {
        self.references.extend(rest.references);
        self.locals.extend(rest.locals);
        self.expressions.extend(rest.expressions);
        self.written.extend(rest.written);
        self.functions.extend(rest.functions);
        self.objects.extend(rest.objects);
    }
}

/// The name of a reference as far as its target says it, which mostly is the name.
struct Implied<'a> {
    bindings: &'a Bindings,
    symbols: &'a [Symbol],
    /// By expression, the name of the last reference to it.
    last: Vec<Option<u32>>,
}

impl<'a> Implied<'a> {
    fn new(bindings: &'a Bindings, symbols: &'a [Symbol]) -> Self {
        Self {
            bindings,
            symbols,
            last: vec![None; bindings.expressions.len()],
        }
    }

    fn name(&self, target: ExprId) -> u32 {
        let at = target.0 as usize;
        let last = self.last.get(at).copied().flatten();
        last.or_else(|| self.of(self.bindings.expressions.get(at)?))
            .unwrap_or_default()
    }

    fn was(&mut self, target: ExprId, name: u32) {
        if let Some(last) = self.last.get_mut(target.0 as usize) {
            *last = Some(name);
        }
    }

    /// The name that an expression ends in.
    fn of(&self, expression: &Expr) -> Option<u32> {
        let name = match *expression {
            Expr::Name { name, .. } | Expr::Member(_, name) | Expr::Path(_, name) => name,
            Expr::Symbol(at) => self.symbols.get(at.0 as usize)?.name,
            Expr::Import(at) => self.bindings.imports.get(at as usize)?.local?,
            _ => return None,
        };
        Some(name.0)
    }
}

/// A place that holds a number of an entry in a list.
enum Part<'a> {
    Name(&'a mut NameId),
    Expr(&'a mut ExprId),
    Type(&'a mut TypeId),
    Function(&'a mut u32),
    Object(&'a mut u32),
    Local(&'a mut u32),
}

/// What holds such places.
trait Parts {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>));
}

impl Parts for Expr {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>)) {
        match self {
            Self::Unknown
            | Self::Literal
            | Self::Symbol(_)
            | Self::Import(_)
            | Self::This(_)
            | Self::Super(_)
            | Self::SelfType(_)
            | Self::Dotted(_)
            | Self::Array(None) => {}
            Self::Local(local) => found(Part::Local(local)),
            Self::Name { name, .. } | Self::Module(name) => found(Part::Name(name)),
            Self::Member(of, name) | Self::Path(of, name) => {
                found(Part::Expr(of));
                found(Part::Name(name));
            }
            Self::Call(of, closure) => {
                found(Part::Expr(of));
                closure.iter_mut().for_each(|it| found(Part::Function(it)));
            }
            Self::Construct(of)
            | Self::Await(of)
            | Self::Unwrap(of)
            | Self::UnwrapError(of)
            | Self::Index(of)
            | Self::Slice(of)
            | Self::Deref(of)
            | Self::Element(of)
            | Self::Array(Some(of))
            | Self::TupleField(of, _)
            | Self::Positional { path: of, .. }
            | Self::Argument { callee: of, .. }
            | Self::Labelled { callee: of, .. }
            | Self::Keyed(of, _)
            | Self::Parameter(of, _) => found(Part::Expr(of)),
            Self::Typed(of) => found(Part::Type(of)),
            Self::Given { call: of, first: other }
            | Self::Inherited { member: of, or: other }
            | Self::Narrowed { of, to: other, .. }
            | Self::ArgumentAfter {
                callee: of,
                first: other,
                ..
            } => {
                found(Part::Expr(of));
                found(Part::Expr(other));
            }
            Self::Instantiated(of, types) => {
                found(Part::Expr(of));
                types.iter_mut().for_each(|it| found(Part::Type(it)));
            }
            Self::Either(all) | Self::Assigned(all) | Self::Tuple(all) => {
                all.iter_mut().for_each(|it| found(Part::Expr(it)))
            }
            Self::Function(function) => found(Part::Function(function)),
            Self::Object(object) => found(Part::Object(object)),
        }
    }
}

impl Parts for TypeExpr {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>)) {
        match self {
            Self::Unknown | Self::This => {}
            Self::Builtin(name) => name.iter_mut().for_each(|it| found(Part::Name(it))),
            Self::Named { path, arguments } => {
                found(Part::Expr(path));
                arguments.iter_mut().for_each(|it| found(Part::Type(it)));
            }
            Self::Array(of) => found(Part::Type(of)),
            Self::Conditional(all) => all.iter_mut().for_each(|it| found(Part::Type(it))),
            Self::Tuple(all) | Self::Union(all) | Self::Intersection(all) => {
                all.iter_mut().for_each(|it| found(Part::Type(it)));
            }
            Self::Function(function) => found(Part::Function(function)),
            Self::Object(object) => found(Part::Object(object)),
            Self::Of(of) => found(Part::Expr(of)),
            Self::Index(of, key) => {
                found(Part::Type(of));
                key.iter_mut().for_each(|it| found(Part::Name(it)));
            }
        }
    }
}

impl Parts for Function {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>)) {
        self.parameters
            .iter_mut()
            .flatten()
            .chain(&mut self.receiver)
            .chain(&mut self.returns)
            .chain(self.guard.as_mut().map(|(_, of)| of))
            .for_each(|it| found(Part::Type(it)));
        self.results.iter_mut().for_each(|it| found(Part::Expr(it)));
    }
}

impl Parts for Vec<ObjectMember> {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>)) {
        for member in self {
            member.name.iter_mut().for_each(|it| found(Part::Name(it)));
            found(Part::Expr(&mut member.value));
        }
    }
}

impl Parts for Local {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>)) {
        self.declared.iter_mut().for_each(|it| found(Part::Type(it)));
        self.value.iter_mut().for_each(|it| found(Part::Expr(it)));
    }
}

impl Parts for Declared {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>)) {
        let types = self.is.iter_mut().chain(&mut self.receiver);
        let types = types
            .chain(&mut self.extends)
            .chain(&mut self.implements)
            .chain(&mut self.bounds);
        types.for_each(|it| found(Part::Type(it)));
        self.value.iter_mut().for_each(|it| found(Part::Expr(it)));
        self.function.iter_mut().for_each(|it| found(Part::Function(it)));
        self.file.iter_mut().for_each(|it| found(Part::Name(it)));
    }
}

impl Parts for Import {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>)) {
        match &mut self.kind {
            ImportKind::Member(name) => found(Part::Name(name)),
            ImportKind::Value(of) => found(Part::Expr(of)),
            ImportKind::Path
            | ImportKind::All
            | ImportKind::Namespace
            | ImportKind::Clause
            | ImportKind::Include { .. } => {}
        }
        let names = self.path.iter_mut().chain(&mut self.local);
        names.for_each(|it| found(Part::Name(it)));
    }
}

impl Parts for Reference {
    fn each(&mut self, found: &mut dyn FnMut(Part<'_>)) {
        found(Part::Expr(&mut self.target));
        self.values.iter_mut().for_each(|it| found(Part::Expr(it)));
        found(Part::Name(&mut self.name));
    }
}

/// A new numbering of a list.
struct Numbering {
    /// The entries in their new order, by their former numbers.
    order: Vec<u32>,
    /// The new numbers, by the former ones.
    places: Vec<u32>,
}

impl Numbering {
    const NONE: u32 = u32::MAX;

    fn new(length: usize) -> Self {
        Self {
            order: Vec::with_capacity(length),
            places: vec![Self::NONE; length],
        }
    }

    /// Gives the next number to an entry; `false` if it has one.
    fn add(&mut self, entry: u32) -> bool {
        let is_new = self.places.get(entry as usize) == Some(&Self::NONE);
        if is_new {
            self.places[entry as usize] = self.order.len() as u32;
            self.order.push(entry);
        }
        is_new
    }

    /// Gives the last numbers to all others, in the order they had, and returns how many had one before.
    fn finish(&mut self) -> usize {
        let before = self.order.len();
        for entry in 0..self.places.len() as u32 {
            self.add(entry);
        }
        before
    }

    fn arranged<T: Default>(&self, mut list: Vec<T>) -> Vec<T> {
        let entries = self.order.iter();
        entries.map(|&at| std::mem::take(&mut list[at as usize])).collect()
    }
}

/// What is to be followed.
#[derive(Clone, Copy)]
enum Node {
    Expr(u32),
    Type(u32),
    Function(u32),
    Object(u32),
    Local(u32),
}

struct Order {
    names: Numbering,
    expressions: Numbering,
    written: Numbering,
    functions: Numbering,
    objects: Numbering,
    locals: Numbering,
    /// Expressions and types that are begun; they get their numbers after what they are made of.
    begun: (Vec<bool>, Vec<bool>),
    /// Expressions and types at work, and whether all they are made of has been met.
    stack: Vec<(Node, bool)>,
    /// The others.
    queue: VecDeque<Node>,
}

impl Order {
    fn new(names: usize, bindings: &Bindings) -> Self {
        Self {
            names: Numbering::new(names),
            expressions: Numbering::new(bindings.expressions.len()),
            written: Numbering::new(bindings.written.len()),
            functions: Numbering::new(bindings.functions.len()),
            objects: Numbering::new(bindings.objects.len()),
            locals: Numbering::new(bindings.locals.len()),
            begun: (
                vec![false; bindings.expressions.len()],
                vec![false; bindings.written.len()],
            ),
            stack: Vec::new(),
            queue: VecDeque::new(),
        }
    }

    /// Numbers all that definitions and imports lead to.
    fn reach(&mut self, bindings: &mut Bindings) {
        for at in 0..bindings.types.len() {
            bindings.types[at].each(&mut |part| self.meet(part));
            self.follow(bindings);
        }
        for at in 0..bindings.imports.len() {
            bindings.imports[at].each(&mut |part| self.meet(part));
            self.follow(bindings);
        }
        for at in 0..bindings.mounts.len() {
            self.meet(Part::Expr(&mut bindings.mounts[at].target));
            self.follow(bindings);
        }
    }

    fn meet(&mut self, part: Part<'_>) {
        match part {
            Part::Name(name) => _ = self.names.add(name.0),
            Part::Expr(at) => self.stack.push((Node::Expr(at.0), false)),
            Part::Type(at) => self.stack.push((Node::Type(at.0), false)),
            Part::Function(at) if self.functions.add(*at) => self.queue.push_back(Node::Function(*at)),
            Part::Object(at) if self.objects.add(*at) => self.queue.push_back(Node::Object(*at)),
            Part::Local(at) if self.locals.add(*at) => self.queue.push_back(Node::Local(*at)),
            Part::Function(_) | Part::Object(_) | Part::Local(_) => {}
        }
    }

    fn follow(&mut self, bindings: &mut Bindings) {
        loop {
            let Some((node, is_met)) = self.stack.pop().or_else(|| Some((self.queue.pop_front()?, false))) else {
                return;
            };
            let parts: &mut dyn Parts = match node {
                Node::Expr(at) if is_met => {
                    self.expressions.add(at);
                    continue;
                }
                Node::Type(at) if is_met => {
                    self.written.add(at);
                    continue;
                }
                Node::Expr(at) if std::mem::replace(&mut self.begun.0[at as usize], true) => continue,
                Node::Type(at) if std::mem::replace(&mut self.begun.1[at as usize], true) => continue,
                Node::Expr(at) => &mut bindings.expressions[at as usize],
                Node::Type(at) => &mut bindings.written[at as usize],
                Node::Function(at) => &mut bindings.functions[at as usize],
                Node::Object(at) => &mut bindings.objects[at as usize],
                Node::Local(at) => &mut bindings.locals[at as usize],
            };
            if matches!(node, Node::Expr(_) | Node::Type(_)) {
                self.stack.push((node, true));
            }
            parts.each(&mut |part| self.meet(part));
        }
    }

    /// Numbers what is left.
    fn finish(&mut self) -> Seen {
        Seen {
            names: self.names.finish(),
            expressions: self.expressions.finish(),
            written: self.written.finish(),
            functions: self.functions.finish(),
            objects: self.objects.finish(),
            locals: self.locals.finish(),
        }
    }

    fn renumber(&self, part: Part<'_>) {
        let (numbering, place) = match part {
            Part::Name(NameId(place)) => (&self.names, place),
            Part::Expr(ExprId(place)) => (&self.expressions, place),
            Part::Type(TypeId(place)) => (&self.written, place),
            Part::Function(place) => (&self.functions, place),
            Part::Object(place) => (&self.objects, place),
            Part::Local(place) => (&self.locals, place),
        };
        *place = numbering.places[*place as usize];
    }

    fn apply(&self, bindings: &mut Bindings) {
        bindings.expressions = self.expressions.arranged(std::mem::take(&mut bindings.expressions));
        bindings.written = self.written.arranged(std::mem::take(&mut bindings.written));
        bindings.functions = self.functions.arranged(std::mem::take(&mut bindings.functions));
        bindings.objects = self.objects.arranged(std::mem::take(&mut bindings.objects));
        bindings.locals = self.locals.arranged(std::mem::take(&mut bindings.locals));
        let renumber = &mut |part: Part<'_>| self.renumber(part);
        bindings.references.iter_mut().for_each(|it| it.each(renumber));
        bindings.imports.iter_mut().for_each(|it| it.each(renumber));
        let targets = bindings.mounts.iter_mut().map(|mount| &mut mount.target);
        targets.for_each(|target| renumber(Part::Expr(target)));
        bindings.types.iter_mut().for_each(|it| it.each(renumber));
        bindings.locals.iter_mut().for_each(|it| it.each(renumber));
        bindings.expressions.iter_mut().for_each(|it| it.each(renumber));
        bindings.written.iter_mut().for_each(|it| it.each(renumber));
        bindings.functions.iter_mut().for_each(|it| it.each(renumber));
        bindings.objects.iter_mut().for_each(|it| it.each(renumber));
    }
}
