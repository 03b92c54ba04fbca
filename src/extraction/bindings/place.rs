//! Where the parts of a node stand: the words of rules that lead from one node to another.

use crate::extraction::tree::Node;
use serde::Deserialize;
use std::ops::Deref;
use std::sync::OnceLock;

/// How far a node around or inside another is looked for.
const MAX_AROUND: usize = 6;

/// How many nodes beside each other are looked into.
const MAX_BESIDE: usize = 32;

/// A rule's word for a part of a node, for the nodes of one language: a field, `-` and `^` for the first and last named child, `=kind` for the first
/// child of a kind, `>kind` for the node itself or the first inside of a kind, `+` and `~` for its next and previous named sibling, `.` for the node
/// itself, `..` for the one around it, `<kind` for the next of a kind around it, or several such steps with `/` between them. An empty word leads
/// nowhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(from = "String")]
pub(super) struct Place {
    word: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    Itself,
    Parent,
    Next,
    Previous,
    First,
    Last,
    Inside(String),
    Around(String),
    Child(String),
    Field(Field),
}

/// A field by name; its number is looked up once.
#[derive(Clone, Debug)]
struct Field {
    name: String,
    id: OnceLock<Option<u16>>,
}

impl Field {
    fn id(&self, node: Node<'_>) -> Option<u16> {
        *self.id.get_or_init(|| node.field(&self.name))
    }
}

impl Step {
    fn of(word: &str) -> Self {
        match word {
            "." => Self::Itself,
            ".." => Self::Parent,
            "+" => Self::Next,
            "~" => Self::Previous,
            "-" => Self::First,
            "^" => Self::Last,
            _ => match word.split_at_checked(1) {
                Some((">", kind)) => Self::Inside(kind.to_owned()),
                Some(("<", kind)) => Self::Around(kind.to_owned()),
                Some(("=", kind)) => Self::Child(kind.to_owned()),
                _ => Self::Field(Field {
                    name: word.to_owned(),
                    id: OnceLock::new(),
                }),
            },
        }
    }

    fn from<'t>(&self, at: Node<'t>) -> Option<Node<'t>> {
        match self {
            Self::Itself => Some(at),
            Self::Parent => at.parent(),
            Self::Next => at.next_named_sibling(),
            Self::Previous => at.prev_named_sibling(),
            Self::First => first_child(at),
            Self::Last => at.named_child(u32::try_from(at.named_child_count()).ok()?.checked_sub(1)?),
            Self::Inside(kind) => inside(at, kind),
            Self::Around(kind) => {
                let around = std::iter::successors(at.parent(), |it| it.parent()).take(MAX_AROUND);
                around.into_iter().find(|it| it.kind() == kind)
            }
            Self::Child(kind) => at.named_children().find(|child| child.kind() == kind),
            Self::Field(field) => at.child_by_field_id(field.id(at)?),
        }
    }
}

impl From<String> for Place {
    fn from(word: String) -> Self {
        let steps = word.split('/').filter(|_| !word.is_empty()).map(Step::of).collect();
        Self { word, steps }
    }
}

impl Deref for Place {
    type Target = str;

    fn deref(&self) -> &str {
        &self.word
    }
}

impl Place {
    pub(super) fn of(word: &str) -> Self {
        word.to_owned().into()
    }

    /// The nodes it leads to where one field may hold several; the first child for an empty word.
    pub(super) fn all<'t>(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let Some((Step::Field(field), rest)) = self.steps.split_first() else {
            return part(node, self).into_iter().collect();
        };
        let Some(id) = field.id(node) else { return Vec::new() };
        let all = node.children_by_field_id(id).filter(|it| it.is_named());
        all.filter_map(|it| follow(it, rest)).collect()
    }
}

fn follow<'t>(node: Node<'t>, steps: &[Step]) -> Option<Node<'t>> {
    steps.iter().try_fold(node, |at, step| step.from(at))
}

/// What a rule's word leads to; nothing for an empty word.
pub(super) fn place<'t>(node: Node<'t>, place: &Place) -> Option<Node<'t>> {
    if place.steps.is_empty() {
        return None;
    }
    follow(node, &place.steps)
}

/// The same, or the first named child for an empty word.
pub(super) fn part<'t>(node: Node<'t>, word: &Place) -> Option<Node<'t>> {
    if word.is_empty() {
        first_child(node)
    } else {
        place(node, word)
    }
}

/// The first named child that is no comment.
pub(super) fn first_child<'t>(node: Node<'t>) -> Option<Node<'t>> {
    node.named_children().find(|child| !child.is_extra())
}

/// The node itself, or the first inside of a kind, the outer before the inner.
fn inside<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    let mut level = vec![node];
    for _ in 0..MAX_AROUND {
        if let Some(found) = level.iter().find(|it| it.kind() == kind) {
            return Some(*found);
        }
        let inner = level.iter().flat_map(|it| named_parts(*it, MAX_BESIDE));
        level = inner.take(MAX_BESIDE).collect();
    }
    None
}

/// The first named children, without comments.
pub(super) fn named_parts(node: Node<'_>, most: usize) -> Vec<Node<'_>> {
    let parts = node.named_children().filter(|it| !it.is_extra());
    parts.take(most).collect()
}
