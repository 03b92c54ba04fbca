//! Types as written.

use super::binders::names_in;
use super::collect::Lowering;
use super::place::{first_child, part, place};
use super::rules::TypeRule;
use super::scopes::{Entry, Space};
use super::{Expr, ExprId, ObjectMember, TypeExpr, TypeId};
use crate::extraction::facts::{NameId, SymbolIdx};
use crate::extraction::tree::Node;

/// How deep a written type is followed.
const MAX_DEPTH: u8 = 64;

/// How many symbols one node defines before or behind the one that it is known by.
const MAX_BESIDE: u32 = 8;

/// Whether a node stands right in one of some kinds.
fn is_in(node: Node<'_>, kinds: &[String]) -> bool {
    let around = node.parent().map(|it| it.kind());
    kinds.iter().any(|kind| around == Some(kind))
}

impl<'t> Lowering<'t, '_> {
    /// The type a node writes. Names are looked up from `scope`.
    pub(super) fn written(&mut self, node: Node<'t>, scope: u32, depth: u8) -> TypeId {
        if depth > MAX_DEPTH {
            return self.keep_type(TypeExpr::Unknown);
        }
        let scope = self.survey.scope_of.get(&node.id()).copied().unwrap_or(scope);
        let of = self.lower_type(node, scope, depth + 1).unwrap_or(TypeExpr::Unknown);
        self.keep_type(of)
    }

    /// Whether a type says nothing of what has it (`any`), unless the file has one of its name.
    fn is_untyped(&self, node: Node<'t>, scope: u32) -> bool {
        let untyped = &self.rules.words.untyped;
        if untyped.is_empty() {
            return false;
        }
        let text = self.parsed.text(node);
        let found = || {
            self.survey
                .find(self.symbols, text, scope, node.start_byte(), Space::Type)
        };
        untyped.iter().any(|it| it == text) && !matches!(found(), Ok(Entry::Symbol(_)))
    }

    fn lower_type(&mut self, node: Node<'t>, scope: u32, depth: u8) -> Option<TypeExpr> {
        let named = |path: ExprId| TypeExpr::Named {
            path,
            arguments: Box::default(),
        };
        Some(match self.rules.written(node.kind_id())? {
            TypeRule::Builtin { .. } | TypeRule::Name | TypeRule::Path { .. } | TypeRule::Qualified { .. }
                if self.is_untyped(node, scope) =>
            {
                TypeExpr::Unknown
            }
            TypeRule::Builtin { named } => TypeExpr::Builtin(named.then(|| self.names.id(self.parsed.text(node)))),
            TypeRule::This => TypeExpr::This,
            TypeRule::Name | TypeRule::Path { .. } if self.stands_for_receiver(node) => TypeExpr::This,
            TypeRule::Name => {
                let name = self.name(node, scope, Space::Type);
                named(self.keep(name))
            }
            TypeRule::Path { path, name } => {
                let last = place(node, name)?;
                let name = self.leaf(last);
                let name = self.names.id(self.parsed.text(name));
                let expr = match place(node, path) {
                    Some(head) => Expr::Path(self.path_head(head, scope, depth), name),
                    None => Expr::Name {
                        name,
                        module: self.survey.scopes[scope as usize].module,
                        arity: 0,
                    },
                };
                let path = self.keep(expr);
                let lists = &self.rules.words.type_arguments;
                let list = last.children().find(|it| !lists.is_empty() && it.kind() == lists);
                let arguments = list.map(|list| self.type_list(list, scope, depth)).unwrap_or_default();
                TypeExpr::Named {
                    path,
                    arguments: arguments.into(),
                }
            }
            TypeRule::Qualified { arguments } => {
                let head = self.qualified(node, scope)?;
                let path = self.keep(head);
                let list = place(node, arguments);
                let arguments = list.map(|list| self.type_list(list, scope, depth)).unwrap_or_default();
                TypeExpr::Named {
                    path,
                    arguments: arguments.into(),
                }
            }
            TypeRule::Quoted => return self.quoted(node, scope),
            TypeRule::Generic { r#type, arguments } => {
                let head = place(node, r#type)?;
                let of = self.written(head, scope, depth);
                let TypeExpr::Named { path, .. } = self.out.written[of.0 as usize] else {
                    return None;
                };
                let arguments = place(node, arguments)
                    .map(|list| self.type_list_but(list, Some(head), scope, depth))
                    .unwrap_or_default();
                TypeExpr::Named {
                    path,
                    arguments: arguments.into(),
                }
            }
            TypeRule::Array { element } => TypeExpr::Array(self.written(part(node, element)?, scope, depth)),
            TypeRule::List if node.named_child_count() == 1 && names_in(first_child(node)?, self.rules) == 1 => {
                let of = self.written(first_child(node)?, scope, depth);
                return Some(self.out.written[of.0 as usize].clone());
            }
            // Brackets around one type only keep it together: `(dyn A + B)`.
            TypeRule::Tuple if node.child_count() == 3 && node.child(0).is_some_and(|it| it.kind() == "(") => {
                let of = self.written(first_child(node)?, scope, depth);
                return Some(self.out.written[of.0 as usize].clone());
            }
            TypeRule::List | TypeRule::Tuple => TypeExpr::Tuple(self.type_list(node, scope, depth).into()),
            TypeRule::Infix { operator } => {
                let parts = self.type_list(node, scope, depth);
                match place(node, operator).map(|it| self.parsed.text(it))? {
                    "&" => TypeExpr::Intersection(parts.into()),
                    "|" => TypeExpr::Union(parts.into()),
                    _ => return None,
                }
            }
            TypeRule::Intersection => TypeExpr::Intersection(self.type_list(node, scope, depth).into()),
            TypeRule::Union => TypeExpr::Union(self.type_list(node, scope, depth).into()),
            TypeRule::Inner { r#type, .. } => {
                let inner = if r#type.is_empty() {
                    self.first_type(node)?
                } else {
                    place(node, r#type)?
                };
                let of = self.written(inner, scope, depth);
                return Some(self.out.written[of.0 as usize].clone());
            }
            TypeRule::Function => TypeExpr::Function(*self.survey.function_of.get(&node.id())?),
            TypeRule::Object { unless, .. } if is_in(node, unless) => TypeExpr::Builtin(None),
            TypeRule::Object { members, .. } => {
                let members = place(node, members).unwrap_or(node);
                TypeExpr::Object(self.object_type(members, scope, depth))
            }
            TypeRule::Of => {
                let of = first_child(node)?;
                TypeExpr::Of(self.expression(of, scope, depth))
            }
            TypeRule::Conditional => {
                let mut part = |name| Some(self.written(node.child_by_field_name(name)?, scope, depth));
                TypeExpr::Conditional([part("consequence")?, part("alternative")?])
            }
            TypeRule::Index => {
                let of = self.written(first_child(node)?, scope, depth);
                let key = node.named_child(1).and_then(|key| self.member_key(key));
                TypeExpr::Index(of, key)
            }
        })
    }

    /// The member that a literal names in a type (`Type["member"]`). No literal is kept, so it is known if the file says the name elsewhere.
    fn member_key(&self, key: Node<'t>) -> Option<NameId> {
        let text = self.parsed.original.get(key.byte_range())?;
        let text = std::str::from_utf8(text).ok()?.strip_prefix(['"', '\''])?;
        self.names.known(text.strip_suffix(['"', '\''])?)
    }

    /// All bounds of a type parameter as one type. Those of types it names are members of an object.
    pub(super) fn bounds(&mut self, local: u32, own: Option<(Node<'t>, u32)>) -> Option<TypeId> {
        let survey = self.survey;
        let own = own.map(|(node, scope)| self.written(node, scope, 0));
        let (mut types, mut members): (Vec<TypeId>, Vec<ObjectMember>) = (own.into_iter().collect(), Vec::new());
        for bound in survey.bounds.get(&local).into_iter().flatten() {
            let of = self.written(bound.node, bound.scope, 0);
            match bound.member {
                None => types.push(of),
                Some(name) => members.push(ObjectMember {
                    name: Some(self.names.id(name)),
                    value: self.keep(Expr::Typed(of)),
                    symbol: None,
                }),
            }
        }
        if !members.is_empty() {
            self.out.objects.push(members);
            let object = TypeExpr::Object(self.out.objects.len() as u32 - 1);
            types.push(self.keep_type(object));
        }
        match types.as_slice() {
            [] => None,
            [one] => Some(*one),
            _ => Some(self.keep_type(TypeExpr::Intersection(types.into()))),
        }
    }

    /// Whether a type is a word for that of the receiver.
    fn stands_for_receiver(&self, node: Node<'t>) -> bool {
        let name = self.parsed.text(node).rsplit('.').next();
        self.rules.words.this_types.iter().any(|it| Some(it.as_str()) == name)
    }

    /// A type in quotes, if it is a name that the file defines or imports, or one of several. Nothing of the text itself is kept.
    fn quoted(&mut self, node: Node<'t>, scope: u32) -> Option<TypeExpr> {
        // What is in quotes is hidden from those who read the text of a node.
        let bytes: &'t [u8] = self.parsed.bytes;
        let text = std::str::from_utf8(bytes.get(node.byte_range())?).ok()?;
        let text = text.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
        let parts: Vec<&'t str> = text.split('|').map(str::trim).filter(|it| *it != "None").collect();
        if let [name] = parts.as_slice() {
            return self.quoted_name(name, scope);
        }
        let parts = parts.into_iter().take(8).map(|name| {
            let of = self.quoted_name(name, scope).unwrap_or_default();
            self.keep_type(of)
        });
        Some(TypeExpr::Union(parts.collect()))
    }

    fn quoted_name(&mut self, name: &'t str, scope: u32) -> Option<TypeExpr> {
        if self.rules.words.this_types.iter().any(|it| it == name) {
            return Some(TypeExpr::This);
        }
        let path = match self.survey.find(self.symbols, name, scope, usize::MAX, Space::Type) {
            Ok(Entry::Symbol(symbol)) => Expr::Symbol(symbol),
            Ok(Entry::Import(import)) => Expr::Import(import),
            _ => return None,
        };
        let path = self.keep(path);
        Some(TypeExpr::Named {
            path,
            arguments: Box::default(),
        })
    }

    /// The first child that is a type.
    fn first_type(&self, node: Node<'t>) -> Option<Node<'t>> {
        node.named_children()
            .find(|child| self.rules.written(child.kind_id()).is_some())
    }

    pub(super) fn type_list(&mut self, list: Node<'t>, scope: u32, depth: u8) -> Vec<TypeId> {
        self.type_list_but(list, None, scope, depth)
    }

    fn type_list_but(&mut self, list: Node<'t>, but: Option<Node<'t>>, scope: u32, depth: u8) -> Vec<TypeId> {
        let parts: Vec<Node<'t>> = list
            .named_children()
            .filter(|child| Some(*child) != but && self.rules.written(child.kind_id()).is_some())
            .take(16)
            .collect();
        let mut types = Vec::with_capacity(parts.len());
        for part in parts {
            let of = self.written(part, scope, depth);
            types.extend(std::iter::repeat_n(of, names_in(part, self.rules)));
        }
        types
    }

    /// The members of an object type: properties by their type, methods as functions.
    fn object_type(&mut self, node: Node<'t>, scope: u32, depth: u8) -> u32 {
        let children: Vec<Node<'t>> = node.named_children().filter(|it| !it.is_extra()).take(256).collect();
        let mut members = Vec::with_capacity(children.len());
        for child in children {
            let is_signature = child.kind() == self.rules.words.index_signature;
            let names = match self.member_names(child) {
                _ if is_signature => vec![super::ANY_MEMBER],
                names => names,
            };
            let symbol = self.survey.symbol_of.get(&child.id()).copied();
            let of = if let Some(&function) = self.survey.function_of.get(&child.id()) {
                self.keep_type(TypeExpr::Function(function))
            } else if let Some(of) = child.child_by_field_name("type") {
                self.written(of, scope, depth)
            } else {
                continue;
            };
            let value = self.keep(Expr::Typed(of));
            for name in names {
                let symbol = symbol.map(|it| self.named_beside(it, name));
                let name = Some(self.names.id(name));
                members.push(ObjectMember { name, value, symbol });
            }
        }
        self.out.objects.push(members);
        self.out.objects.len() as u32 - 1
    }

    /// The names of the members that one node of an object type declares.
    fn member_names(&self, member: Node<'t>) -> Vec<&'t str> {
        let Some(id) = member.field("name") else {
            return Vec::new();
        };
        let names = member.children_by_field_id(id).filter(|it| it.is_named());
        names.map(|name| self.parsed.text(name)).collect()
    }

    /// Of the symbols that one node defines, the one of this name.
    fn named_beside(&self, first: SymbolIdx, name: &str) -> SymbolIdx {
        let node = self.symbols[first.0 as usize].node;
        let near = first.0.saturating_sub(MAX_BESIDE)..=first.0 + MAX_BESIDE;
        let mut near = near.filter(|at| {
            let symbol = self.symbols.get(*at as usize).filter(|it| it.node == node);
            symbol.is_some_and(|it| self.parsed.text(it.name) == name)
        });
        near.next().map_or(first, SymbolIdx)
    }
}
