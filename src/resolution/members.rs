//! Members of values: fields, methods, variants, exports.

use super::linker::{Linker, SETTLED};
use super::relation::SymbolRef;
use super::tables::BaseKind;
use super::value::{Found, Name, Value};
use crate::extraction::SymbolKind;
use crate::extraction::bindings::conventions::ModuleRule;
use crate::extraction::bindings::{ANY_MEMBER, Expr, ObjectMember};

/// A member, and how it came to the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) symbol: SymbolRef,
    /// A trait gives it to the type.
    pub(super) by_trait: bool,
}

impl Linker<'_, '_> {
    /// The members of a value under a name. Those of the type itself hide those of its bases.
    pub(super) fn members(&mut self, of: &Value, name: Name, depth: u32) -> Vec<Member> {
        if self.too_deep(depth) {
            return Vec::new();
        }
        let depth = depth + 1;
        match of {
            Value::Instance(at, _) | Value::Item(at) => self.members_of(of, *at, name, depth),
            Value::Module(module) => {
                let found = self.module_member(*module, name);
                plain(&self.symbols_of(found))
            }
            Value::Object { file, object } => match self.object_member(*file, *object, name) {
                Some(ObjectMember {
                    symbol: Some(symbol), ..
                }) => plain(&[SymbolRef {
                    file: *file,
                    symbol: *symbol,
                }]),
                Some(ObjectMember { value, .. }) => {
                    let found = self.found(*file, *value, false, depth);
                    plain(&self.symbols_of(found))
                }
                None => self.spread_members(*file, *object, name, depth),
            },
            Value::Union(parts) | Value::Intersection(parts) => {
                let mut all: Vec<Member> = Vec::new();
                let is_intersection = matches!(of, Value::Intersection(_));
                let in_object = is_intersection && parts.iter().any(|part| self.is_in_object(part, name));
                for part in parts.iter() {
                    // What is left out of a type is what stands beside it.
                    if is_intersection && (in_object || !all.is_empty()) && self.is_part(part) {
                        continue;
                    }
                    let found = self.members(part, name, depth);
                    all.extend(
                        found
                            .into_iter()
                            .filter(|member| !all.contains(member))
                            .collect::<Vec<_>>(),
                    );
                }
                if all.iter().any(|it| self.is_seen_from(self.file, it.symbol)) {
                    all.retain(|it| self.is_seen_from(self.file, it.symbol));
                }
                all
            }
            Value::Wrapper(outside, _) => match self.transparent(of) {
                Some(inner) => self.members(&inner, name, depth),
                None => {
                    let found = self.members_outside(*outside, name, depth);
                    self.with_arguments_of(of, found)
                }
            },
            Value::Type(outside) => self.members_outside(*outside, name, depth),
            Value::Unknown | Value::Literal(_) | Value::External | Value::Function { .. } => Vec::new(),
        }
    }

    fn members_of(&mut self, of: &Value, at: SymbolRef, name: Name, depth: u32) -> Vec<Member> {
        if self.workspace.is_stand_in(at) {
            return plain(&[at]);
        }
        // Type arguments can matter through what a type dereferences to, so only answers without them are kept.
        let is_plain = !matches!(of, Value::Instance(_, Some(_)));
        let key = (at, name, matches!(of, Value::Instance(..)));
        if let Some(known) = self.found_members.get(&key).filter(|_| is_plain) {
            return known.clone();
        }
        if self.searched.contains(&key) {
            self.lowest = 0;
            return Vec::new();
        }
        self.searched.push(key);
        let found = self.find_members(of, at, name, depth);
        self.searched.pop();
        if is_plain && self.lowest == SETTLED {
            self.found_members.insert(key, found.clone());
        }
        found
    }

    fn find_members(&mut self, of: &Value, at: SymbolRef, name: Name, depth: u32) -> Vec<Member> {
        let workspace = self.workspace;
        let own = workspace.tables.members.get((at, name));
        if !own.is_empty() {
            // Parts of a type share their members, but a type of another program may look like a part.
            let here: Vec<SymbolRef> = own
                .iter()
                .filter(|it| workspace.container(**it) == Some(at))
                .copied()
                .collect();
            let is_part = workspace.tables.same.contains_key(&at) && !here.is_empty();
            let own = if is_part { &here } else { own };
            let fitting = self.for_arguments_of(of, own);
            if fitting.is_empty() {
                let below = self.members_below(of, name, depth);
                if !below.is_empty() {
                    return below;
                }
            }
            let own = self.own_members(if fitting.is_empty() { own } else { &fitting });
            let own = self.with_arguments_of(of, own);
            let fitting = self.fitting(of, at, &own);
            if !fitting.is_empty() {
                return self.with_methods(of, at, name, fitting, depth);
            }
            let inherited = self.inherited_members(of, at, name, depth);
            let inherited = self.fitting(of, at, &inherited);
            return if inherited.is_empty() { own } else { inherited };
        }
        if let Some(field) = self.accessed(at, name) {
            return plain(&[field]);
        }
        let declared = workspace.declared(at);
        match workspace.symbol(at).kind {
            SymbolKind::Constant | SymbolKind::Variable | SymbolKind::Field | SymbolKind::Property => {
                if let Some(value) = declared.and_then(|declared| declared.value)
                    && let Expr::Object(object) = workspace.files[at.file as usize].expr(value)
                {
                    return self.members(
                        &Value::Object {
                            file: at.file,
                            object: *object,
                        },
                        name,
                        depth,
                    );
                }
                let value = self.symbol_value(at, None, depth);
                return if value == *of {
                    Vec::new()
                } else {
                    self.members(&value, name, depth)
                };
            }
            SymbolKind::TypeAlias | SymbolKind::AssociatedType => {
                if let Some(is) = declared.and_then(|declared| declared.is) {
                    let value = self.written(at.file, is, Some(of), depth);
                    return if value == *of {
                        Vec::new()
                    } else {
                        self.members(&value, name, depth)
                    };
                }
            }
            SymbolKind::Class => {
                if let Some(given) = self.given_member(at, name, depth) {
                    return plain(&[given]);
                }
            }
            _ => {}
        }
        let found = self.inherited_members(of, at, name, depth);
        if found.is_empty() {
            return self.members_below(of, name, depth);
        }
        found
    }

    /// Members of what a value dereferences to.
    fn members_below(&mut self, of: &Value, name: Name, depth: u32) -> Vec<Member> {
        let target = self.associated(of, "Target", depth);
        target
            .map(|target| self.members(&target, name, depth))
            .unwrap_or_default()
    }

    /// The function or class that a member of a class is given by its name (`Class.prototype.name = name`).
    fn given_member(&mut self, at: SymbolRef, name: Name, depth: u32) -> Option<SymbolRef> {
        let workspace = self.workspace;
        let it = &workspace.files[at.file as usize];
        let member = self.object_member(at.file, self.object_of(at)?, name)?;
        let Expr::Local(local) = it.expr(member.value) else {
            return None;
        };
        let value = it.bindings().locals[*local as usize].value?;
        // What is one of several may be another.
        if !matches!(it.expr(value), Expr::Symbol(_) | Expr::Import(_) | Expr::Member(..)) {
            return None;
        }
        match self.evaluate(at.file, value, depth) {
            Value::Item(of) if workspace.symbol(of).kind.is_callable() => Some(of),
            _ => None,
        }
    }

    /// Members of a class that are static where the class is meant, and those that are not where an instance is.
    fn fitting(&self, of: &Value, at: SymbolRef, members: &[Member]) -> Vec<Member> {
        let workspace = self.workspace;
        let is_class = workspace.symbol(at).kind == SymbolKind::Class;
        if !is_class || workspace.files[at.file as usize].rule() != ModuleRule::Node {
            return members.to_vec();
        }
        let wanted = matches!(of, Value::Item(_));
        let fits = |member: &&Member| workspace.symbol(member.symbol).modifiers.is_static == wanted;
        members.iter().filter(fits).copied().collect()
    }

    /// Members that a type has from its bases.
    pub(super) fn inherited_members(&mut self, of: &Value, at: SymbolRef, name: Name, depth: u32) -> Vec<Member> {
        let workspace = self.workspace;
        let is_node = workspace.files[at.file as usize].rule() == ModuleRule::Node;
        // What a class implements it has to have itself, or from a base that is not seen.
        let is_whole = is_node && workspace.symbol(at).kind == SymbolKind::Class;
        let mut found: Vec<Member> = Vec::new();
        let kinds = [BaseKind::Extends, BaseKind::Implements];
        for kind in kinds.into_iter().take(if is_whole { 1 } else { 2 }) {
            for base in workspace.tables.bases.get(at).iter().filter(|base| base.kind == kind) {
                let by_trait =
                    matches!(&base.of, Value::Instance(base, _) if workspace.symbol(*base).kind == SymbolKind::Trait);
                let base = match (&base.of, of) {
                    (Value::Instance(base, _), Value::Item(_)) if is_node => Value::Item(*base),
                    (base, _) => base.clone(),
                };
                for member in self.members(&base, name, depth) {
                    let member = Member {
                        by_trait: member.by_trait || by_trait,
                        ..member
                    };
                    if !found.contains(&member) {
                        found.push(member);
                    }
                }
                if !found.is_empty() && !by_trait {
                    return found;
                }
            }
        }
        found
    }

    /// Members of a type itself: those it has on its own hide those its traits give it.
    fn own_members(&self, own: &[SymbolRef]) -> Vec<Member> {
        let workspace = self.workspace;
        // A function that names its receiver is an extension, which a member of the name hides.
        let extends = |at: &&SymbolRef| {
            let is_function = workspace.symbol(**at).kind == SymbolKind::Function;
            let has_receiver = workspace.declared(**at).is_some_and(|it| it.receiver.is_some());
            is_function && has_receiver || workspace.is_marked_extension(**at)
        };
        let inside: Vec<SymbolRef> = own.iter().filter(|at| !extends(at)).copied().collect();
        let own = if inside.is_empty() { own } else { &inside };
        let by_trait = |at: &SymbolRef| {
            let container = workspace.container(*at);
            container.is_some_and(|container| {
                let is_impl = workspace.symbol(container).kind == SymbolKind::Impl;
                is_impl
                    && workspace
                        .declared(container)
                        .is_some_and(|declared| !declared.implements.is_empty())
            })
        };
        let member = |at: &SymbolRef| Member {
            symbol: *at,
            by_trait: by_trait(at),
        };
        let all: Vec<Member> = own.iter().map(member).collect();
        let inherent: Vec<Member> = all.iter().copied().filter(|member| !member.by_trait).collect();
        if inherent.is_empty() { all } else { inherent }
    }

    /// What a module has under a name.
    pub(super) fn module_member(&mut self, module: super::value::ModuleId, name: Name) -> Found {
        let file = self.workspace.modules.module(module).file;
        match self.workspace.files[file as usize].rule() {
            ModuleRule::Rust => self.rust_stepped(module, name, false),
            ModuleRule::Node => self.node_export(module, name, &mut Vec::new()),
            ModuleRule::Package => self.package_step(module, name.into()),
            ModuleRule::None => Found::Nothing,
        }
    }

    pub(super) fn symbols_of(&self, found: Found) -> Vec<SymbolRef> {
        match found {
            Found::Symbols(symbols) => symbols,
            Found::Value(Value::Item(symbol)) => vec![symbol],
            _ => Vec::new(),
        }
    }

    /// What an object has from others that are spread into it, the last first.
    fn spread_members(&mut self, file: u32, object: u32, name: Name, depth: u32) -> Vec<Member> {
        let workspace = self.workspace;
        let Some(members) = workspace.files[file as usize].bindings().objects.get(object as usize) else {
            return Vec::new();
        };
        let spread = members.iter().rev().filter(|member| member.name.is_none());
        for member in spread {
            let of = self.evaluate(file, member.value, depth);
            let found = self.members(&of, name, depth);
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    fn object_member(&self, file: u32, object: u32, name: Name) -> Option<&ObjectMember> {
        let it = &self.workspace.files[file as usize];
        let members = it.bindings().objects.get(object as usize)?;
        members
            .iter()
            .find(|member| member.name.is_some_and(|own| it.name(own) == name))
    }

    /// Whether a member of an object literal is a function without a symbol.
    pub(super) fn is_closure(&mut self, of: &Value, name: Name) -> bool {
        let Value::Object { file, object } = of else {
            return false;
        };
        let Some(value) = self.object_member(*file, *object, name).map(|member| member.value) else {
            return false;
        };
        let is_stated = matches!(self.workspace.files[*file as usize].expr(value), Expr::Typed(_));
        !is_stated && matches!(self.evaluate(*file, value, 0), Value::Function { .. })
    }

    pub(super) fn is_in_object(&self, of: &Value, name: Name) -> bool {
        matches!(of, Value::Object { file, object } if self.object_member(*file, *object, name).is_some())
    }

    /// The value of a member, and its symbol.
    pub(super) fn member_value(&mut self, of: &Value, name: Name, depth: u32) -> Option<(Value, Option<SymbolRef>)> {
        if self.too_deep(depth) {
            return None;
        }
        if let Value::Module(module) = of {
            let found = self.module_member(*module, name);
            let symbol = self.symbols_of(found.clone()).first().copied();
            return (found != Found::Nothing).then(|| (self.value_of_found(&found, depth + 1), symbol));
        }
        let members = self.members(of, name, depth + 1);
        let is_setter = |member: &&Member| self.workspace.symbol(member.symbol).kind == SymbolKind::Setter;
        if let Some(member) = members.iter().find(|member| !is_setter(member)).or(members.first()) {
            // What a wrapper holds says what the type parameters of its fields stand for.
            let held = self.transparent(of).filter(|held| *held != Value::Unknown);
            return Some((
                self.symbol_value(member.symbol, Some(held.as_ref().unwrap_or(of)), depth + 1),
                Some(member.symbol),
            ));
        }
        match of {
            Value::Object { file, object } => match self.object_member(*file, *object, name).cloned() {
                Some(member) => Some((self.evaluate(*file, member.value, depth + 1), None)),
                None => Some((self.any_member(of, depth)?, None)),
            },
            Value::Union(parts) | Value::Intersection(parts) => {
                parts.iter().find_map(|part| self.member_value(part, name, depth + 1))
            }
            Value::Instance(at, _) | Value::Item(at) => {
                if let Some(embedded) = self.embedded(*at, name, depth + 1) {
                    return Some((embedded, None));
                }
                let object = self.object_of(*at);
                match object.and_then(|object| self.object_member(at.file, object, name).cloned()) {
                    Some(member) => Some((self.evaluate(at.file, member.value, depth + 1), None)),
                    None if self.workspace.symbol(*at).kind == SymbolKind::Class => {
                        self.member_of_base(*at, name, depth)
                    }
                    None => match self.member_of_base(*at, name, depth) {
                        Some(found) => Some(found),
                        None => Some((self.any_member(of, depth)?, None)),
                    },
                }
            }
            Value::Wrapper(..) => Some((self.any_member(of, depth)?, None)),
            _ => None,
        }
    }

    /// The value of a member that has no symbol of its own: one that a method of a base assigns, or of a type that is a base and has no name.
    fn member_of_base(&mut self, of: SymbolRef, name: Name, depth: u32) -> Option<(Value, Option<SymbolRef>)> {
        let bases = self.workspace.tables.bases.get(of).iter();
        let mut bases = bases.filter(|base| base.kind == BaseKind::Extends && base.of.is_known());
        bases.find_map(|base| self.member_value(&base.of, name, depth + 1))
    }

    /// What a type embeds, which is a field by the name of its type (`reader.Buffer` where `Buffer` is embedded).
    fn embedded(&mut self, at: SymbolRef, name: Name, depth: u32) -> Option<Value> {
        let workspace = self.workspace;
        let is_struct = workspace.symbol(at).kind == SymbolKind::Struct;
        let embeds = workspace.files[at.file as usize]
            .conventions
            .is_some_and(|it| it.methods_implement);
        if !is_struct || !embeds || self.too_deep(depth) {
            return None;
        }
        let bases = workspace.tables.bases.get(at);
        let is_meant = |of: &&Value| match of {
            Value::Instance(base, _) => workspace.name_of(*base) == name,
            Value::Wrapper(base, _) | Value::Type(base) => *base == name,
            _ => false,
        };
        let own = bases.iter().map(|base| &base.of).find(is_meant);
        own.cloned().or_else(|| {
            bases.iter().find_map(|base| match &base.of {
                Value::Instance(base, _) => self.embedded(*base, name, depth + 1),
                _ => None,
            })
        })
    }

    /// What a type says about all members that have no other name there.
    pub(super) fn any_member(&mut self, of: &Value, depth: u32) -> Option<Value> {
        let (file, object) = match of {
            Value::Object { file, object } => (*file, *object),
            Value::Instance(at, _) | Value::Item(at) => (at.file, self.object_of(*at)?),
            // A type whose second argument is what its keys lead to has members of any name.
            Value::Wrapper(name, Some(values)) if values.len() == 2 => {
                let rules = self.rules()?;
                let at = *rules.indexes.get(self.workspace.names.text(*name))?;
                return values.get(at).filter(|_| at == 1).cloned();
            }
            _ => return None,
        };
        let name = self.workspace.names.get(ANY_MEMBER)?;
        let member = self.object_member(file, object, name)?.clone();
        Some(self.evaluate(file, member.value, depth + 1))
    }

    /// The object literal or object type a symbol stands for.
    fn object_of(&self, at: SymbolRef) -> Option<u32> {
        use crate::extraction::bindings::TypeExpr;
        let declared = self.workspace.declared(at)?;
        let it = &self.workspace.files[at.file as usize];
        if let Some(is) = declared.is
            && let TypeExpr::Object(object) = it.bindings().written[is.0 as usize]
        {
            return Some(object);
        }
        match it.expr(declared.value?) {
            Expr::Object(object) => Some(*object),
            _ => None,
        }
    }

    /// What is inside a wrapper whose members are those of its content.
    pub(super) fn transparent(&self, of: &Value) -> Option<Value> {
        let Value::Wrapper(wrapper, Some(values)) = of else {
            return None;
        };
        let text = self.workspace.names.text(*wrapper);
        let is_in = |list: &[String]| list.iter().any(|it| it == text);
        let is_transparent = self
            .rules()
            .is_some_and(|rules| is_in(&rules.transparent) || is_in(&rules.parts) || is_in(&rules.holding));
        is_transparent.then(|| values[0].clone())
    }

    /// Whether a type has only some members of another.
    pub(super) fn is_part(&self, of: &Value) -> bool {
        let Value::Wrapper(wrapper, Some(_)) = of else {
            return false;
        };
        let text = self.workspace.names.text(*wrapper);
        self.rules()
            .is_some_and(|rules| rules.parts.iter().any(|it| it == text))
    }
}

fn plain(symbols: &[SymbolRef]) -> Vec<Member> {
    symbols
        .iter()
        .map(|symbol| Member {
            symbol: *symbol,
            by_trait: false,
        })
        .collect()
}
